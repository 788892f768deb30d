import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { KEYS, testMinerHome } from '../support/miner-home.ts'
import { missingProgram } from '../support/missing-program.ts'
import { startScriptedServer } from '../support/scripted-server.ts'
import { TestAuthority } from '../support/test-authority.ts'

const why = missingProgram('openssl')

describe.skipIf(why !== null)(`a daemon whose coordinator has an authority of its own (${why ?? 'made by openssl'})`, () => {
  it('tells what to do, keeps its key, refuses a file without certificates, and goes on after a reload with the right one', async () => {
    const [right, wrong] = [new TestAuthority(), new TestAuthority('Somebody else')]
    const server = await startScriptedServer(() => ({ body: {} }), right.issue())
    const { home, start } = await testMinerHome({})
    const caFile = join(home.dir, 'ca.pem')
    const conf = { ...KEYS, COORD_URL: server.url.href, COORD_CA_FILE: caFile }
    await home.configure(conf)
    copyFileSync(wrong.certificateFile, caFile)
    const miner = start({ NODE_TLS_REJECT_UNAUTHORIZED: '0' })
    expect(await miner.waitForLine(/coordinator unreachable/)).toMatch(/not trusted here.*COORD_CA_FILE/)
    expect(miner.lines.join('\n')).toMatch(/NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect/)
    expect(miner.lines.join('\n')).not.toMatch(/makes TLS connections.*insecure/)
    copyFileSync(home.confFile, caFile)
    miner.signal('SIGHUP')
    await miner.waitForLine(/reload refused/)
    expect(server.requests).toEqual([])
    copyFileSync(right.certificateFile, caFile)
    miner.signal('SIGHUP')
    await miner.waitForLine(/new settings.*changed=COORD_CA_FILE/)
    await miner.waitForLine(/coordinator reach/)
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret-miner-key')
    expect(await miner.stop()).toBe(0)
  })
})
