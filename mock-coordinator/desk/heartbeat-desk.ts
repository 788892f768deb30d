import type { WireCapabilities } from '../../src/protocol/capabilities.ts'
import type { WireHeartbeat, WireHeartbeatAnswer, WireHeartbeatJob, WireHeartbeatLease } from '../../src/protocol/heartbeat.ts'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import { toUtcTime } from '../ids.ts'
import type { Settings } from '../settings.ts'
import type { Store } from '../store/store.ts'

/** Takes what miners tell of themselves, and renews the leases of the jobs that they list. */
export class HeartbeatDesk {
  readonly #store: Store
  readonly #settings: Settings

  constructor(store: Store, settings: Settings) {
    this.#store = store
    this.#settings = settings
  }

  /** Returns true when the miner was unknown. */
  register(identity: Identity, capabilities: WireCapabilities): boolean {
    checkMinerId(identity, capabilities.miner_id)
    const miner = this.#store.miners.see(identity.keyId, capabilities.miner_id, this.#settings.nowMs())
    const isNew = miner.capabilities === null
    miner.capabilities = capabilities
    miner.wallet ??= identity.wallet
    this.#store.miners.save(miner)
    return isNew
  }

  accept(identity: Identity, heartbeat: WireHeartbeat): WireHeartbeatAnswer {
    checkMinerId(identity, heartbeat.miner_id)
    if (identity.wallet !== null && identity.wallet !== heartbeat.wallet) {
      throw new ApiError('FORBIDDEN', `wallet: this key pays to ${identity.wallet}`, { field: 'wallet' })
    }
    const { miners, leases: leaseTable } = this.#store
    const miner = miners.see(identity.keyId, heartbeat.miner_id, this.#settings.nowMs())
    miner.wallet = heartbeat.wallet
    miner.heartbeat = heartbeat
    miner.capabilities = heartbeat.capabilities ?? miner.capabilities
    miners.save(miner)

    const leases: WireHeartbeatLease[] = []
    const cancel = new Set(leaseTable.takeToTell(identity.keyId, heartbeat.miner_id))
    for (const listed of heartbeat.jobs ?? []) {
      const lease = this.#renew(identity, heartbeat.miner_id, listed)
      if (lease !== null) leases.push(lease)
      else if (listed.state !== 'proven' && listed.state !== 'failed') cancel.add(listed.id)
    }
    return { server_time: toUtcTime(this.#settings.nowMs()), leases, cancel: [...cancel], drain: false }
  }

  /** The renewed lease, or null when the miner holds that job no more. */
  #renew(identity: Identity, minerId: string, listed: WireHeartbeatJob): WireHeartbeatLease | null {
    const job = this.#store.jobs.get(listed.id)
    if (job === null || job.state !== 'leased' || job.lease_id === null) return null
    if (job.holder_key !== identity.keyId || job.holder_miner !== minerId) return null
    if (listed.lease_id !== null && listed.lease_id !== undefined && listed.lease_id !== job.lease_id) return null
    const expiresMs = this.#settings.nowMs() + this.#settings.leaseS * 1000
    this.#store.jobs.renew(job.id, expiresMs)
    return { id: job.lease_id, job_id: job.id, expires_at: toUtcTime(expiresMs) }
  }
}

/** Throws `FORBIDDEN` when the key is tied to another miner. */
export function checkMinerId(identity: Identity, minerId: string): void {
  if (identity.minerId !== null && identity.minerId !== minerId) {
    throw new ApiError('FORBIDDEN', `this key belongs to the miner ${identity.minerId}`, { field: 'miner_id' })
  }
}
