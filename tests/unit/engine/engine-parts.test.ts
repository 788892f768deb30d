import { link, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { collectOutput } from '../../../src/engine/collect-output.ts'
import type { DoneMessage } from '../../../src/engine/messages.ts'
import { OutputTail } from '../../../src/engine/output-tail.ts'
import { familyMembers, familyRssMb } from '../../../src/engine/process-family.ts'
import { groupMembers } from '../../support/group-members.ts'
import { RestartBackoff } from '../../../src/engine/restart-backoff.ts'
import { tempDir } from '../../support/temp-dir.ts'

function done(output: DoneMessage['output']): DoneMessage {
  return { type: 'done', runId: 1, mode: 'cpu', mediaType: 'text/plain', output, metrics: {}, environment: {} }
}

describe('OutputTail', () => {
  it('keeps the end of what was written, whatever came before', () => {
    const tail = new OutputTail(8)
    for (const piece of ['x'.repeat(100), 'ab\n', 'cdef\n\n']) tail.push(Buffer.from(piece))
    expect(tail.text()).toBe('b\ncdef')
    expect(tail.lastLine()).toBe('cdef')
    expect(new OutputTail(8).lastLine()).toBeNull()
  })

  it('tells the words of a process that ended itself, not the calls that led there', () => {
    const tail = new OutputTail(1000)
    tail.push(Buffer.from('loader.cpp:1328: GGML_ASSERT(n >= 1) failed\n/lib/libggml.so(ggml_abort+0x152)[0x7f7884123f42]\n'))
    expect(tail.lastLine()).toBe('loader.cpp:1328: GGML_ASSERT(n >= 1) failed')
  })
})

describe('RestartBackoff', () => {
  it('waits longer after each crash up to half a minute, and not at all after a success', () => {
    const backoff = new RestartBackoff()
    expect(backoff.remainingMs(0)).toBe(0)
    const waits = Array.from({ length: 9 }, () => {
      backoff.crashed(1000)
      return backoff.remainingMs(1000)
    })
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000])
    expect(backoff.remainingMs(20_000)).toBe(11_000)
    backoff.succeeded()
    expect(backoff.remainingMs(1000)).toBe(0)
  })
})

describe('process groups and families', () => {
  it('have no members and no memory when they are gone', () => {
    const gone = { leader: 2 ** 30, mark: 'borne-by-none', startTicks: null }
    expect(groupMembers(gone.leader)).toEqual([])
    expect(familyMembers(gone)).toEqual([])
    expect(familyRssMb(gone)).toBeNull()
  })
})

describe('collectOutput', () => {
  const abcSha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'

  it('takes hash and size from the bytes, in a message or in a file', async () => {
    const rules = { workDir: tempDir(), maxOutputBytes: 3 }
    const path = join(rules.workDir, 'output')
    await writeFile(path, 'abc')
    expect(await collectOutput(done({ kind: 'inline', base64: 'YWJj' }), rules)).toMatchObject({
      sha256: abcSha256,
      sizeBytes: 3,
    })
    expect(await collectOutput(done({ kind: 'file', path }), rules)).toEqual({
      mediaType: 'text/plain',
      sha256: abcSha256,
      sizeBytes: 3,
      bytes: { kind: 'file', path },
    })
  })

  it('refuses too many bytes as E_OUTPUT', async () => {
    const rules = { workDir: tempDir(), maxOutputBytes: 2 }
    const path = join(rules.workDir, 'output')
    await writeFile(path, 'abc')
    for (const output of [{ kind: 'inline', base64: 'YWJj' } as const, { kind: 'file', path } as const]) {
      await expect(collectOutput(done(output), rules)).rejects.toMatchObject({ failure: { code: 'E_OUTPUT' } })
    }
  })

  it('refuses links, folders and files outside of the job folder', async () => {
    const root = tempDir()
    const workDir = join(root, 'job')
    await mkdir(join(workDir, 'folder'), { recursive: true })
    await writeFile(join(root, 'secret'), 'abc')
    await writeFile(join(workDir, 'real'), 'abc')
    await symlink(join(root, 'secret'), join(workDir, 'outward'))
    await symlink(join(workDir, 'real'), join(workDir, 'inward'))
    await link(join(workDir, 'real'), join(workDir, 'hard'))
    for (const name of ['../secret', 'outward', 'inward', 'folder', 'missing']) {
      const output = { kind: 'file', path: join(workDir, name) } as const
      await expect(collectOutput(done(output), { workDir, maxOutputBytes: 100 })).rejects.toMatchObject({
        failure: { code: 'E_ENGINE' },
      })
    }
  })
})
