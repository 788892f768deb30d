/** What a coordinator must do with jobs, leases and money, as plain lists: none of its desks, tables or transactions. */

export const LEASE_MS = 60_000
export const ONLINE_MS = 60_000
export const MAX_ATTEMPTS = 2

export interface ModelMiner {
  readonly key: string
  readonly id: string
}

export interface ModelLease {
  readonly id: string
  readonly attempt: number
  readonly miner: ModelMiner
  ended: 'proven' | 'failed' | 'lost' | 'canceled' | 'expired' | null
  mustTell: boolean
}

export interface ModelJob {
  readonly id: string
  readonly rewardMinor: bigint
  readonly deadlineMs: number
  state: 'queued' | 'leased' | 'completed' | 'failed' | 'canceled' | 'expired'
  attempt: number
  expiresMs: number
  outputSha: string | null
  readonly refusedBy: Set<string>
  /** Oldest first; the last one is the running one of a leased job. */
  readonly leases: ModelLease[]
}

/** A miner as far as it was heard. What was not told in a heartbeat is forgotten when the coordinator ends. */
interface Heard {
  readonly miner: ModelMiner
  lastSeenMs: number
  saved: { readonly atMs: number; readonly wallet: string } | null
}

export interface Claim {
  readonly miner: ModelMiner
  readonly namesMiner: boolean
  readonly leaseId: string | null
  readonly attempt: number | null
}

export type Standing = 'holder' | 'settled' | 'stranger' | { readonly former: ModelLease }

export const addressOf = ({ key, id }: ModelMiner): string => `${key} ${id}`

export class LeaseModel {
  nowMs = Date.UTC(2026, 0, 1)
  readonly jobs: ModelJob[] = []
  readonly bookings: { readonly wallet: string; readonly jobId: string; readonly minor: bigint }[] = []
  readonly waiting: ModelMiner[] = []
  #heard = new Map<string, Heard>()

  see(miner: ModelMiner): void {
    const heard = this.#heard.get(addressOf(miner))
    if (heard === undefined) this.#heard.set(addressOf(miner), { miner, lastSeenMs: this.nowMs, saved: null })
    else heard.lastSeenMs = this.nowMs
  }

  tellWallet(miner: ModelMiner, wallet: string): void {
    this.see(miner)
    const heard = this.#heard.get(addressOf(miner))
    if (heard !== undefined) heard.saved = { atMs: this.nowMs, wallet }
  }

  /** The one that this miner told, else the one that its key told last, else a name that nobody can claim unseen. */
  walletOf(miner: ModelMiner): string {
    const own = this.#heard.get(addressOf(miner))?.saved?.wallet
    const ofKey = [...this.#heard.values()]
      .flatMap(({ miner: { key }, saved }) => (key === miner.key && saved !== null ? [saved] : []))
      .toSorted((a, b) => b.atMs - a.atMs)[0]?.wallet
    return own ?? ofKey ?? `unclaimed:${miner.id}`
  }

  /** Whether some other miner is there that has not yet refused the job nor holds it. */
  hasAnotherFor(job: ModelJob): boolean {
    const holder = job.leases.at(-1)?.miner
    return [...this.#heard.values()].some(
      ({ miner, lastSeenMs }) =>
        lastSeenMs >= this.nowMs - ONLINE_MS &&
        !job.refusedBy.has(addressOf(miner)) &&
        (holder === undefined || addressOf(holder) !== addressOf(miner)),
    )
  }

  /** The job that a poll of this miner gets. */
  nextFor(miner: ModelMiner): ModelJob | undefined {
    return this.jobs.find((job) => job.state === 'queued' && !job.refusedBy.has(addressOf(miner)))
  }

  lease(job: ModelJob, miner: ModelMiner, leaseId: string): void {
    job.state = 'leased'
    job.expiresMs = this.nowMs + LEASE_MS
    job.leases.push({ id: leaseId, attempt: job.attempt, miner, ended: null, mustTell: false })
  }

  judge(job: ModelJob, claim: Claim): Standing {
    const isOwn = (lease: ModelLease): boolean =>
      lease.miner.key === claim.miner.key && (!claim.namesMiner || lease.miner.id === claim.miner.id)
    const isNamed = (lease: ModelLease): boolean =>
      (claim.leaseId === null || lease.id === claim.leaseId) && (claim.attempt === null || lease.attempt === claim.attempt)
    const latest = job.leases.at(-1)
    if (latest !== undefined && isOwn(latest)) {
      if (job.state === 'completed') return 'settled'
      if (job.state === 'leased' && isNamed(latest)) return 'holder'
    }
    const own = job.leases.filter(isOwn).toReversed()
    const former = own.find(isNamed) ?? own[0]
    return former === undefined ? 'stranger' : { former }
  }

  complete(job: ModelJob, outputSha: string): void {
    const lease = job.leases.at(-1)
    if (lease === undefined) throw new Error('a job is completed that nobody held')
    lease.ended = 'proven'
    Object.assign(job, { state: 'completed', outputSha })
    this.bookings.push({ wallet: this.walletOf(lease.miner), jobId: job.id, minor: job.rewardMinor })
  }

  /** Ends the running lease; the job goes back one attempt further, or to its end. */
  giveBack(job: ModelJob, ended: 'failed' | 'lost', goesBack: boolean): void {
    const lease = job.leases.at(-1)
    if (lease !== undefined) lease.ended = ended
    if (!goesBack || job.attempt >= MAX_ATTEMPTS) job.state = 'failed'
    else Object.assign(job, { state: 'queued', attempt: job.attempt + 1 })
  }

  /** Ends a job that is queued or held, from outside; whoever holds it is to be told. */
  end(job: ModelJob, how: 'canceled' | 'expired'): void {
    const lease = job.state === 'leased' ? job.leases.at(-1) : undefined
    if (lease !== undefined) Object.assign(lease, { ended: how, mustTell: true })
    job.state = how
  }

  /** What time has done by now: deadlines first, then leases. */
  sweep(): void {
    const open = this.jobs.filter(({ state }) => state === 'queued' || state === 'leased')
    for (const job of open) if (job.deadlineMs <= this.nowMs) this.end(job, 'expired')
    const lost = this.jobs.filter(({ state, expiresMs }) => state === 'leased' && expiresMs <= this.nowMs)
    for (const job of lost) this.giveBack(job, 'lost', true)
  }

  /** Ids of canceled and expired jobs that this miner has to hear of, each once. */
  takeToTell(miner: ModelMiner): string[] {
    const told = this.jobs.filter(({ leases }) =>
      leases.some((lease) => lease.mustTell && addressOf(lease.miner) === addressOf(miner)),
    )
    for (const { leases } of told)
      for (const lease of leases) if (addressOf(lease.miner) === addressOf(miner)) lease.mustTell = false
    return told.map(({ id }) => id)
  }

  forgetUnsaved(): void {
    this.waiting.length = 0
    this.#heard = new Map(
      [...this.#heard].flatMap(([address, heard]) =>
        heard.saved === null ? [] : [[address, { ...heard, lastSeenMs: heard.saved.atMs }] as const],
      ),
    )
  }
}
