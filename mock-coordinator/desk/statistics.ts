import type { WireMiners, WireStats } from '../../src/protocol/admin.ts'
import { toUtcTime } from '../ids.ts'
import type { Settings } from '../settings.ts'
import { address } from '../store/miner-registry.ts'
import type { Miner } from '../store/miner-registry.ts'
import type { Store } from '../store/store.ts'

const SAMPLE_JOBS = 1000

/** Figures for an admin, taken when asked for. */
export class Statistics {
  readonly #store: Store
  readonly #settings: Settings

  constructor(store: Store, settings: Settings) {
    this.#store = store
    this.#settings = settings
  }

  stats(): WireStats {
    const jobs = this.#store.jobs.counts()
    const miners = this.#store.miners.all()
    const ended = jobs.completed + jobs.failed
    const sample = this.#store.jobs.latestCompleted(SAMPLE_JOBS)
    return {
      queue_depth: jobs.queued,
      jobs,
      miners: { online: miners.filter((miner) => this.#isOnline(miner)).length, total: miners.length },
      success_rate: ended === 0 ? null : jobs.completed / ended,
      latency_ms: percentiles(sample.map((job) => (job.ended_ms ?? job.created_ms) - job.created_ms)),
      pickup_ms: percentiles(sample.map((job) => (job.picked_up_ms ?? job.created_ms) - job.created_ms)),
    }
  }

  miners(): WireMiners {
    const leased = Map.groupBy(this.#store.jobs.leased(), (job) => address(job.holder_key ?? '', job.holder_miner ?? ''))
    return {
      miners: this.#store.miners.all().map((miner) => ({
        miner_id: miner.minerId,
        wallet: miner.wallet,
        online: this.#isOnline(miner),
        key_id: miner.keyId.slice(0, 12),
        last_seen_at: toUtcTime(miner.lastSeenMs),
        last_heartbeat: miner.heartbeat,
        capabilities: miner.capabilities,
        leased: leased.get(address(miner.keyId, miner.minerId))?.length ?? 0,
      })),
    }
  }

  #isOnline(miner: Miner): boolean {
    return miner.lastSeenMs >= this.#settings.nowMs() - this.#settings.onlineS * 1000
  }
}

/** Nearest-rank percentiles; null of nothing. */
export function percentiles(values: readonly number[]): { p50: number | null; p90: number | null; p99: number | null } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}
