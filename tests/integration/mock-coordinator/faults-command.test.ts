import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startCoordinatorProgram } from '../../../scripts/local-chain/chain.ts'
import { Program } from '../../../scripts/local-chain/program.ts'
import { tempDir } from '../../support/temp-dir.ts'

function planFile(plan: object): string {
  const path = join(tempDir(), 'faults.json')
  writeFileSync(path, JSON.stringify(plan))
  return path
}

describe('aitbc-mock-coordinator --faults', () => {
  it('puts the plan in force, and tells the seed that it has drawn', async () => {
    const path = planFile({ rules: [{ on: 'health', fault: 'status', status: 503 }] })
    const { program, url } = await startCoordinatorProgram(['--port', '0', '--faults', path])
    onTestFinished(async () => void (await program.stop()))
    expect(await program.waitForLine(/listening/)).toMatch(/faults of .*faults\.json with seed \d+\)/)
    expect((await fetch(`${url}/health`)).status).toBe(503)
    expect(await program.waitForLine(/GET \/health/)).toMatch(/GET \/health 503 .* faults=status-1$/)
  })

  it('does not start with a plan that does not fit, and names each problem', async () => {
    const path = planFile({
      rules: [
        { on: 'healthy', fault: 'status', status: 503 },
        { on: 'health', fault: 'latency' },
      ],
    })
    const program = new Program('coordinator', 'mock-coordinator/main.ts', ['--port', '0', '--faults', path])
    await program.waitForLine(/rules\[0\]\.on: must be one of/)
    await program.waitForLine(/rules\[1\]\.ms: /)
    expect(await program.ended()).toBe(1)
  })
})
