/**
 * `npm run demo`: a coordinator, a miner and a client on this machine. The client submits three real jobs; you see each
 * accepted, worked on, proved and paid. `--keep` leaves coordinator and miner running until Ctrl-C.
 */
import { once } from 'node:events'
import { Client } from '../local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../local-chain/chain.ts'
import type { Program } from '../local-chain/program.ts'
import { readOptions } from '../read-options.ts'
import { Screen } from './screen.ts'
import { showJob } from './show-job.ts'
import type { DemoJob } from './show-job.ts'

const USAGE = `Usage: npm run demo [-- --keep]

Three jobs on their way from a client to the credit, with a coordinator and a miner on this machine.

Options:
  --keep  leave coordinator and miner running until Ctrl-C
`
const WALLET = 'wallet_demo'
const KEY = 'demo-key'

const JOBS: readonly DemoJob[] = [
  {
    title: 'llm_gen   prompt "Once upon a time"',
    submission: {
      workload: 'llm_gen',
      params: { prompt: 'Once upon a time', max_tokens: 160 },
      reward: { amount: '0.25', unit: 'AITBC' },
    },
  },
  {
    title: 'llm_gen   chat "What is the capital of Japan?"',
    submission: {
      workload: 'llm_gen',
      params: { messages: [{ role: 'user', content: 'What is the capital of Japan?' }], max_tokens: 48 },
      reward: { amount: '0.10', unit: 'AITBC' },
    },
  },
  {
    title: 'torch_bench   1024 × 1024, 100 products',
    submission: { workload: 'torch_bench', params: {}, reward: { amount: '0.50', unit: 'AITBC' } },
  },
]

async function demo(screen: Screen, keep: boolean): Promise<boolean> {
  const programs: Program[] = []
  const home = await MinerHome.make()
  const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() => keep)
  try {
    return await Promise.race([tell(screen, keep, home, programs), interrupted])
  } finally {
    for (const program of programs) if (!program.hasEnded) await program.stop()
    await home.remove()
  }
}

/** The story itself; what it starts, it puts into `programs`. */
async function tell(screen: Screen, keep: boolean, home: MinerHome, programs: Program[]): Promise<boolean> {
  const startedMs = performance.now()
  screen.title('aitbc-miner demo: a coordinator, a miner and a client on this machine')
  const coordinator = await startCoordinatorProgram()
  programs.push(coordinator.program)
  screen.fact('coordinator', `${coordinator.url}  (process ${coordinator.program.pid}, books in memory)`)
  await home.configure({ COORD_URL: coordinator.url, WALLET_ADDR: WALLET, API_KEY: KEY, HEARTBEAT_SECS: 5 })
  const miner = home.start()
  programs.unshift(miner)
  await miner.waitForLine(/coordinator reached/)
  screen.fact('miner', `demo-miner  (process ${miner.pid}, log ${home.dir}/miner.log)`)
  screen.fact('wallet', WALLET)

  const client = new Client(coordinator.url, 'demo-client-key')
  let allDone = true
  for (const [index, job] of JOBS.entries()) {
    allDone = (await showJob(client, screen, WALLET, job, `${index + 1}/${JOBS.length}`)) && allDone
  }
  if (keep) await keepRunning(screen, coordinator.url, home, programs)
  const code = await miner.stop()
  await coordinator.program.stop()
  screen.title(
    `${allDone ? 'Done' : 'Not all jobs succeeded'} in ${((performance.now() - startedMs) / 1000).toFixed(1)} s; miner stopped cleanly: ${code === 0 ? 'yes' : `no (${code})`}`,
  )
  return allDone && code === 0
}

async function keepRunning(screen: Screen, url: string, home: MinerHome, programs: readonly Program[]): Promise<void> {
  screen.title('Still running; Ctrl-C stops both. In another terminal, try:')
  screen.fact('status', `npm run --silent miner -- status --config ${home.confFile}`)
  screen.fact('API', `${url}/docs`)
  screen.fact(
    'a job',
    `curl -s ${url}/v1/jobs -H 'Authorization: Bearer me' -H 'Content-Type: application/json' -d '{"workload":"llm_gen","params":{"prompt":"The capital of France is"}}'`,
  )
  screen.fact('balance', `curl -s '${url}/v1/wallet/balance'`)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), ...programs.map((program) => program.ended())])
}

// A reader that goes away, as in a pipe to head, ends the show and not the cleaning up.
process.stdout.on('error', () => process.emit('SIGTERM'))
const { values } = readOptions(USAGE, { options: { keep: { type: 'boolean', default: false } } })
process.exitCode = (await demo(new Screen(process.stdout), values.keep)) ? 0 : 1
