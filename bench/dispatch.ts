import { Pool } from 'undici'
import { z } from 'zod'
import { Client } from '../scripts/local-chain/client.ts'
import { MinerHome, startCoordinatorProgram } from '../scripts/local-chain/chain.ts'
import { Program } from '../scripts/local-chain/program.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { ledgerTimes } from './ledger-times.ts'

const ROUNDS = 3
const JOBS = 3_000
const SLOTS = 8
const IN_FLIGHT = 16
const TARGET = 0.5

/**
 * Jobs a second through the real coordinator, the real miner with eight slots and the smallest real workload, against
 * what an Express app that does nothing and undici can exchange at all: one `next` and one `proof` a job.
 */
export async function benchDispatch(): Promise<Figure[]> {
  const ceilings: number[] = []
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    ceilings.push(await bareRate())
    rates.push(await minerRate())
  }
  const ours = median(rates)
  const peer = median(ceilings)
  const ratio = median(rates.map((rate, round) => rate / (ceilings[round] ?? Number.NaN)))
  return [
    {
      what: `dispatch, ${SLOTS} slots, ${JOBS} jobs`,
      ours: `${ours.toFixed(0)} jobs/s`,
      peer: `${peer.toFixed(0)} jobs/s (bare Express and undici, ${IN_FLIGHT} in flight)`,
      ratio,
      target: `≥ ${TARGET}`,
      isMet: ratio >= TARGET,
    },
  ]
}

async function bareRate(): Promise<number> {
  const server = new Program('bare Express', 'bench/bare/express-server.ts', [])
  const pool = new Pool(await server.waitForLine(/^http/), { connections: IN_FLIGHT })
  const exchange = async (): Promise<void> => {
    const next = await pool.request({ method: 'GET', path: '/v1/miner/next?miner=bare&slots=1' })
    const { id } = z.object({ id: z.string() }).parse(await next.body.json())
    const body = JSON.stringify({ id, mode: 'cpu', output_sha: 'a'.repeat(64), metrics: {} })
    const proof = await pool.request({
      method: 'POST',
      path: '/v1/miner/proof',
      headers: { 'content-type': 'application/json' },
      body,
    })
    await proof.body.json()
  }
  const exchanges = async (count: number): Promise<void> => {
    let left = count
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        await exchange()
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  }
  try {
    await exchanges(JOBS / 5)
    const startedMs = performance.now()
    await exchanges(JOBS)
    return JOBS / ((performance.now() - startedMs) / 1000)
  } finally {
    await pool.destroy()
    await server.stop()
  }
}

async function minerRate(): Promise<number> {
  const home = await MinerHome.make()
  const coordinator = await startCoordinatorProgram()
  try {
    const client = new Client(coordinator.url, 'bench-client')
    const submission = { workload: 'torch_bench', params: { size: 1, iterations: 1 }, reward: { amount: '0.01', unit: 'AITBC' } }
    let last = ''
    for (let submitted = 0; submitted < JOBS; submitted += 20) {
      const batch = await Promise.all(Array.from({ length: 20 }, () => client.submit(submission)))
      last = batch.at(-1)?.id ?? last
    }
    await home.configure({
      COORD_URL: coordinator.url,
      API_KEY: 'bench-miner',
      WALLET_ADDR: 'w',
      MAX_CONCURRENCY: SLOTS,
      WORKLOADS: 'torch_bench',
    })
    const miner = home.start()
    await client.finished(last, 120_000)
    await miner.stop()
    // The first fifth warms the engine and the compilers up on both sides.
    const times = (await ledgerTimes(coordinator.url, 'bench-client', 'w')).slice(JOBS / 5)
    const first = times[0] ?? Number.NaN
    return (times.length - 1) / (((times.at(-1) ?? Number.NaN) - first) / 1000)
  } finally {
    await coordinator.program.stop()
    await home.remove()
  }
}
