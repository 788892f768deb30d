import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { FileServer, fakeGguf, sha256 } from '../models/file-server.ts'
import { runCommand } from './run-command.ts'
import type { CommandResult } from './run-command.ts'

const GGUF = fakeGguf(50_000)
const HASH = sha256(GGUF)

interface Setup {
  readonly folder: string
  readonly store: string
  readonly run: (...args: readonly string[]) => Promise<CommandResult>
}

function setUp(extra = ''): Setup {
  const folder = tempDir()
  const store = join(folder, 'store')
  const config = join(folder, 'miner.conf')
  const own = `MODEL_DIR="${store}"\nMODEL_CATALOGUE="${join(folder, 'models.json')}"\n${extra}`
  writeFileSync(config, `COORD_URL="https://c.corp"\nWALLET_ADDR="wallet1abc"\nAPI_KEY="hunter2"\n${own}`, { mode: 0o600 })
  writeFileSync(join(folder, 'm.gguf'), GGUF)
  return { folder, store, run: (command, ...args) => runCommand(['models', command ?? '', '--config', config, ...args]) }
}

describe('aitbc-miner models', () => {
  it('lists the bundled models', async () => {
    const { run } = setUp()
    const table = await run('list')
    expect(table).toMatchObject({ exitCode: 0, stderr: '' })
    expect(table.stdout).toMatch(/tiny-llm .*llm_gen .*5\.3 MiB .*bundled .*MIT/)
    const json: unknown = JSON.parse((await run('list', '--json')).stdout)
    expect(json).toContainEqual(
      expect.objectContaining({ name: 'tiny-sd', workload: 'sd_infer', state: 'bundled', isInUse: false, usedAt: null }),
    )
  })

  it('pulls a model from an address, verifies, and removes it', async () => {
    const server = await FileServer.start()
    server.files.set('/m.gguf', GGUF)
    const { run, store } = setUp('ALLOW_PRIVATE_HOSTS=true\n')
    const pulled = await run('pull', server.url('/m.gguf'), '--sha256', HASH)
    expect(pulled).toMatchObject({ exitCode: 0, stderr: '100 %, 48.8 KiB\n' })
    expect(pulled.stdout).toBe(`m.gguf: 50000 bytes, checked, in ${store}/models/${HASH}/files/m.gguf\n`)
    expect((await run('list')).stdout).toMatch(/m\.gguf .*fetched/)
    expect(await run('verify', 'm.gguf')).toEqual({ exitCode: 0, stdout: 'm.gguf: good\n', stderr: '' })
    writeFileSync(join(store, 'models', HASH, 'files', 'm.gguf'), 'damaged')
    const checked = await run('verify', HASH)
    expect(checked.exitCode).toBe(1)
    expect(checked.stdout).toMatch(/^m\.gguf: m\.gguf has the sha256 .*: remove the model and pull it again\n$/)
    expect(await run('rm', 'm.gguf')).toEqual({ exitCode: 0, stdout: 'm.gguf: removed\n', stderr: '' })
    expect(await run('rm', 'm.gguf')).toEqual({ exitCode: 1, stdout: 'm.gguf: not fetched\n', stderr: '' })
  })

  it('fetches a model once that two commands pull at a time', async () => {
    const server = await FileServer.start()
    server.files.set('/m.gguf', GGUF)
    server.next('/m.gguf', (_, response) => {
      response.writeHead(200, { 'content-length': GGUF.length })
      response.write(GGUF.subarray(0, 1000))
      setTimeout(() => response.end(GGUF.subarray(1000)), 3000)
    })
    const { run } = setUp('ALLOW_PRIVATE_HOSTS=true\n')
    const pulled = await Promise.all([1, 2].map(() => run('pull', server.url('/m.gguf'), '--sha256', HASH)))
    expect(pulled.map(({ exitCode }) => exitCode)).toEqual([0, 0])
    expect(server.requests).toHaveLength(1)
  })

  it('pulls a file of the operator from anywhere, and says which hash to give', async () => {
    const { run, folder } = setUp()
    const asked = await run('pull', `file://${folder}/m.gguf`)
    expect(asked.exitCode).toBe(1)
    expect(asked.stderr).toContain(`--sha256 ${HASH}`)
    expect(await run('pull', `file://${folder}/m.gguf`, '--sha256', HASH)).toMatchObject({ exitCode: 0 })
  })

  it('says where to take the hash of an address from, and fetches nothing', async () => {
    const server = await FileServer.start()
    const { run } = setUp('ALLOW_PRIVATE_HOSTS=true\n')
    const asked = await run('pull', server.url('/m.gguf'))
    expect(asked.exitCode).toBe(1)
    expect(asked.stderr).toMatch(
      /^aitbc-miner: an address needs the --sha256 of the model: take it from where the model is published/,
    )
    expect(server.requests).toEqual([])
  })

  it.each(['', '../../x', HASH.slice(1), `${HASH}0`])('does not take %j for a hash', async (hash) => {
    const { run, folder, store } = setUp()
    const answer = await run('pull', `file://${folder}/m.gguf`, '--sha256', hash)
    expect(answer.exitCode).toBe(1)
    expect(answer.stderr).toMatch(/is no sha256: give its 64 hexadecimal digits/)
    expect(existsSync(join(store, 'in-use')) ? readdirSync(join(store, 'in-use')) : []).toEqual([])
  })

  it('holds a model of the catalogue against the hash that is given, in small letters or large', async () => {
    const { run, folder } = setUp()
    expect(await run('pull', `file://${folder}/m.gguf`, '--sha256', HASH.toUpperCase())).toMatchObject({ exitCode: 0 })
    const other = await run('pull', 'tiny-llm', '--sha256', HASH)
    expect(other.exitCode).toBe(1)
    expect(other.stderr).toMatch(/model tiny-llm has the sha256 81400ff5.* here, not /)
  })

  it('names the models there are when it does not know one', async () => {
    const { run } = setUp()
    const answer = await run('pull', 'nobody')
    expect(answer.exitCode).toBe(1)
    expect(answer.stderr).toMatch(/no model nobody in the catalogues: name one of .*tiny-llm/)
    expect(await run('verify', 'nobody', 'tiny-llm')).toEqual({
      exitCode: 1,
      stdout: 'tiny-llm: good\nnobody: no such model here\n',
      stderr: '',
    })
  })

  it('does not fetch from private addresses unless that is allowed', async () => {
    const server = await FileServer.start()
    const { run } = setUp()
    const answer = await run('pull', server.url('/m.gguf'), '--sha256', HASH)
    expect(answer.exitCode).toBe(1)
    expect(answer.stderr).toMatch(/only https is fetched/)
    expect(server.requests).toEqual([])
  })

  it('knows a model that came by its address under the name that the list shows', async () => {
    const { run, folder } = setUp()
    const entry = {
      name: 'mine',
      workload: 'llm_gen',
      uri: 'https://x.example/m.gguf',
      sha256: HASH,
      bytes: GGUF.length,
      licence: 'MIT',
    }
    await run('pull', `file://${folder}/m.gguf`, '--sha256', HASH)
    writeFileSync(join(folder, 'models.json'), JSON.stringify({ models: [entry] }))
    expect((await run('list')).stdout).toMatch(/mine .*fetched/)
    expect((await run('verify', 'mine')).exitCode).toBe(0)
    expect(await run('rm', 'mine')).toEqual({ exitCode: 0, stdout: 'mine: removed\n', stderr: '' })
  })

  it('tells of a model of which the store no longer knows anything, and prunes it', async () => {
    const { run, store } = setUp()
    mkdirSync(join(store, 'models', HASH, 'files'), { recursive: true })
    writeFileSync(join(store, 'models', HASH, 'files', 'x'), 'four')
    writeFileSync(join(store, 'models', HASH, 'manifest.json'), '')
    const checked = await run('verify', HASH)
    expect(checked.exitCode).toBe(1)
    expect(checked.stdout).toMatch(/cannot be read: models prune removes it/)
    expect((await run('prune')).stdout).toBe('4 bytes freed\n')
    expect(readdirSync(join(store, 'models'))).toEqual([])
  })

  it('prunes unfinished downloads, and with --all the models', async () => {
    const { run, folder, store } = setUp()
    await run('pull', `file://${folder}/m.gguf`, '--sha256', HASH)
    mkdirSync(join(store, 'partial', 'f'.repeat(64), 'files'), { recursive: true })
    writeFileSync(join(store, 'partial', 'f'.repeat(64), 'files', 'x'), new Uint8Array(1234))
    expect(await run('prune')).toEqual({ exitCode: 0, stdout: '1234 bytes freed\n', stderr: '' })
    expect(existsSync(join(store, 'models', HASH))).toBe(true)
    expect(await run('prune', '--all')).toEqual({ exitCode: 0, stdout: '50000 bytes freed\n', stderr: '' })
    expect(readdirSync(join(store, 'models'))).toEqual([])
  })

  it('tells of a catalogue that does not read, with 78', async () => {
    const { run, folder } = setUp()
    writeFileSync(join(folder, 'models.json'), '{"models": 7}')
    const answer = await run('list')
    expect(answer.exitCode).toBe(78)
    expect(answer.stderr).toMatch(/models\.json has errors: models: /)
  })
})
