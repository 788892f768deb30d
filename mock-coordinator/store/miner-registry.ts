import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { CapabilitiesSchema } from '../../src/protocol/capabilities.ts'
import type { WireCapabilities } from '../../src/protocol/capabilities.ts'
import { HeartbeatSchema } from '../../src/protocol/heartbeat.ts'
import type { WireHeartbeat } from '../../src/protocol/heartbeat.ts'

const MinerRowSchema = z.object({
  key_id: z.string(),
  miner_id: z.string(),
  wallet: z.string().nullable(),
  heartbeat: z.string().nullable(),
  capabilities: z.string().nullable(),
  last_seen_ms: z.number(),
})

/** A miner as far as it has told of itself. Two keys with the same miner id are two miners. */
export interface Miner {
  readonly keyId: string
  readonly minerId: string
  wallet: string | null
  heartbeat: WireHeartbeat | null
  capabilities: WireCapabilities | null
  lastSeenMs: number
}

/** Every miner heard of; read from memory, so that a poll costs no query, and written when it tells something. */
export class MinerRegistry {
  static readonly #MAX_MINERS = 10_000
  readonly #miners = new Map<string, Miner>()
  readonly #walletByKey = new Map<string, string>()
  readonly #put: StatementSync

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO miners (key_id, miner_id, wallet, heartbeat, capabilities, last_seen_ms) VALUES (?, ?, ?, ?, ?, ?)',
    )
    for (const row of database.prepare('SELECT * FROM miners ORDER BY last_seen_ms').all()) this.#load(row)
  }

  find(keyId: string, minerId: string): Miner | null {
    return this.#miners.get(address(keyId, minerId)) ?? null
  }

  /** The miner, known from now on; its silence ends. */
  see(keyId: string, minerId: string, nowMs: number): Miner {
    const known = this.find(keyId, minerId)
    if (known !== null) {
      known.lastSeenMs = nowMs
      return known
    }
    const miner: Miner = { keyId, minerId, wallet: null, heartbeat: null, capabilities: null, lastSeenMs: nowMs }
    if (this.#miners.size >= MinerRegistry.#MAX_MINERS) this.#forgetOldest()
    this.#miners.set(address(keyId, minerId), miner)
    return miner
  }

  /** Writes what a miner has told. */
  save(miner: Miner): void {
    if (miner.wallet !== null) this.#walletByKey.set(miner.keyId, miner.wallet)
    this.#put.run(miner.keyId, miner.minerId, miner.wallet, toJson(miner.heartbeat), toJson(miner.capabilities), miner.lastSeenMs)
  }

  /** The wallet that a key's latest heartbeat named; null before the first. */
  walletOf(keyId: string): string | null {
    return this.#walletByKey.get(keyId) ?? null
  }

  all(): Miner[] {
    return [...this.#miners.values()]
  }

  #load(row: unknown): void {
    const {
      key_id: keyId,
      miner_id: minerId,
      wallet,
      heartbeat,
      capabilities,
      last_seen_ms: lastSeenMs,
    } = MinerRowSchema.parse(row)
    const miner: Miner = {
      keyId,
      minerId,
      wallet,
      heartbeat: heartbeat === null ? null : HeartbeatSchema.parse(JSON.parse(heartbeat)),
      capabilities: capabilities === null ? null : CapabilitiesSchema.parse(JSON.parse(capabilities)),
      lastSeenMs,
    }
    this.#miners.set(address(keyId, minerId), miner)
    if (wallet !== null) this.#walletByKey.set(keyId, wallet)
  }

  #forgetOldest(): void {
    const oldest = this.all().reduce((a, b) => (a.lastSeenMs <= b.lastSeenMs ? a : b))
    this.#miners.delete(address(oldest.keyId, oldest.minerId))
  }
}

/** The one string that stands for a miner. */
export function address(keyId: string, minerId: string): string {
  return `${keyId} ${minerId}`
}

function toJson(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value)
}
