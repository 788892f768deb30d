import { onTestFinished } from 'vitest'
import { MinerHome } from '../../scripts/local-chain/chain.ts'
import type { Program } from '../../scripts/local-chain/program.ts'

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
