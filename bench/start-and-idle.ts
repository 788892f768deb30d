import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { MinerHome } from '../scripts/local-chain/chain.ts'
import { median } from './figures.ts'
import type { Figure } from './figures.ts'
import { usageOf } from './process-usage.ts'

const STARTS = 9
const IDLE_S = 10

/** From `spawn` of the miner to its first heartbeat, and what the daemon costs while it waits for work. */
export async function benchStartAndIdle(): Promise<Figure[]> {
  const home = await MinerHome.make()
  let onHeartbeat: (() => void) | null = null
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/v1/miner/heartbeat') === true) onHeartbeat?.()
    request.resume()
    // Held like a long poll, so that the idle daemon is really idle.
    if (request.url?.startsWith('/v1/miner/next') === true) setTimeout(() => response.end('{}'), 5_000).unref()
    else response.end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  try {
    await home.configure({ COORD_URL: `http://127.0.0.1:${address.port}` })
    const startMs: number[] = []
    for (let run = 0; run <= STARTS; run += 1) {
      const startedMs = performance.now()
      const beaten = new Promise<number>((resolve) => (onHeartbeat = () => resolve(performance.now() - startedMs)))
      const miner = home.start()
      const ms = await beaten
      if (run > 0) startMs.push(ms)
      await miner.stop()
    }
    const miner = home.start()
    await new Promise<void>((resolve) => (onHeartbeat = resolve))
    await sleep(2_000)
    const before = usageOf(miner.pid)
    await sleep(IDLE_S * 1000)
    const after = usageOf(miner.pid)
    await miner.stop()
    const start = median(startMs)
    const cpuPct = ((after.cpuS - before.cpuS) / IDLE_S) * 100
    return [
      absolute(
        'start to first heartbeat',
        start,
        'ms',
        400,
        `min ${Math.min(...startMs).toFixed(0)}, max ${Math.max(...startMs).toFixed(0)} of ${STARTS}`,
      ),
      absolute(
        'idle daemon: resident memory',
        after.rssMb,
        'MB',
        90,
        `${after.ownMb.toFixed(0)} MB of its own, the rest is the mapped Node program`,
      ),
      absolute('idle daemon: processor', cpuPct, '% of one core', 1, `over ${IDLE_S} s`),
    ]
  } finally {
    server.closeAllConnections()
    server.close()
    await home.remove()
  }
}

function absolute(what: string, value: number, unit: string, limit: number, note: string): Figure {
  return {
    what,
    ours: `${value.toFixed(value < 10 ? 2 : 0)} ${unit}`,
    peer: note,
    ratio: null,
    target: `≤ ${limit} ${unit}`,
    isMet: value <= limit,
  }
}
