import { onTestFinished } from 'vitest'
import { MinerHome } from '../../scripts/local-chain/chain.ts'
import type { Program } from '../../scripts/local-chain/program.ts'

/** Of a miner that asks often, and computes on one core of the processor whatever cores and cards this machine has. */
export const KEYS = {
  API_KEY: 'secret-miner-key',
  WALLET_ADDR: 'w1',
  MINER_ID: 'm1',
  HEARTBEAT_SECS: 0.2,
  JOB_POLL_SECS: 0.05,
  ACCEL_MODE: 'cpu',
  ENGINE_THREADS: 1,
}

/** A miner's folder and processes for one test: killed and removed when it has finished. */
export async function testMinerHome(
  keys: Readonly<Record<string, string | number>>,
): Promise<{ home: MinerHome; start: (env?: Readonly<Record<string, string>>) => Program }> {
  const home = await MinerHome.make()
  const programs: Program[] = []
  onTestFinished(async () => {
    for (const program of programs) {
      program.signal('SIGKILL')
      await program.ended()
    }
    await home.remove()
  })
  await home.configure(keys)
  const start = (env: Readonly<Record<string, string>> = {}): Program => {
    const program = home.start(env)
    programs.push(program)
    return program
  }
  return { home, start }
}
