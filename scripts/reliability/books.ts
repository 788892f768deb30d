/** What a client knows: the job that it submitted, and how it must end. */
export interface Order {
  readonly jobId: string
  readonly end: 'completed' | 'failed' | 'canceled'
  readonly reward: bigint
}

/** A job as the coordinator knows it; `error` is why it failed or went back, for a person. */
export interface JobRow {
  readonly id: string
  readonly state: string
  readonly reward: bigint
  readonly error: string | null
}

/** What the coordinator's database says. Money in its minor units. */
export interface CoordinatorBooks {
  readonly jobs: readonly JobRow[]
  /** One for each time that a job was said to have ended. */
  readonly endings: readonly { readonly jobId: string }[]
  /** `ended` is null while a lease is open. */
  readonly leases: readonly { readonly id: string; readonly jobId: string; readonly ended: string | null }[]
  readonly credits: readonly { readonly jobId: string; readonly amount: bigint }[]
  readonly balance: bigint
}

/** What a miner that was stopped has left behind. */
export interface MinerBooks {
  readonly entries: readonly { readonly jobId: string; readonly state: string; readonly settlement: string | null }[]
  /** Outcomes not delivered. */
  readonly outbox: number
  /** Work directories, outputs and unfinished files, by their paths. */
  readonly leftovers: readonly string[]
  /** Processes that the miner had started and that are still there. */
  readonly orphans: readonly number[]
}

export interface Books {
  readonly orders: readonly Order[]
  readonly coordinator: CoordinatorBooks
  readonly miner: MinerBooks
}

export interface Audit {
  readonly jobs: number
  readonly completed: number
  /** Jobs that were to be completed and are not, or that one side holds for paid and the other does not. */
  readonly proofsLost: number
  /** Jobs that were ended, proven or paid more than once. */
  readonly proofsDoubled: number
  /** All that is wrong, a sentence each; empty for books that agree. */
  readonly problems: readonly string[]
}

const FINAL: ReadonlySet<string> = new Set(['completed', 'failed', 'canceled', 'expired'])

/** Compares what client, coordinator and miner hold for true when all has come to rest. */
export function audit(books: Books): Audit {
  const { orders, coordinator, miner } = books
  const judged = orders.map((order) => judgeJob(order, books))
  const ordered = new Set(orders.map(({ jobId }) => jobId))
  const unordered = coordinator.jobs.filter(({ id }) => !ordered.has(id))
  const paid = sum(coordinator.jobs.filter(({ state }) => state === 'completed').map(({ reward }) => reward))
  const problems = [
    ...judged.flatMap((job) => job.problems),
    ...unordered.map(({ id }) => `job ${id} was submitted once and stands in the queue twice`),
    ...coordinator.leases
      .filter(({ ended }) => ended === null)
      .map(({ id, jobId }) => `lease ${id} of job ${jobId} is still open`),
    ...miner.leftovers.map((path) => `left behind: ${path}`),
    ...miner.orphans.map((pid) => `process ${pid} has outlived its miner`),
  ]
  if (coordinator.balance !== paid) problems.push(`the wallet holds ${coordinator.balance}, the completed jobs pay ${paid}`)
  if (miner.outbox > 0) problems.push(`${miner.outbox} outcomes were never delivered`)
  return {
    jobs: orders.length,
    completed: coordinator.jobs.filter(({ state }) => state === 'completed').length,
    proofsLost: judged.filter(({ isLost }) => isLost).length,
    proofsDoubled: judged.filter(({ isDoubled }) => isDoubled).length + unordered.length,
    problems,
  }
}

interface Judged {
  readonly isLost: boolean
  readonly isDoubled: boolean
  readonly problems: readonly string[]
}

function judgeJob({ jobId, end, reward }: Order, { coordinator, miner }: Books): Judged {
  const job = coordinator.jobs.find(({ id }) => id === jobId)
  const state = job?.state ?? 'unknown to the coordinator'
  const ofJob = (row: { readonly jobId: string }): boolean => row.jobId === jobId
  const endings = coordinator.endings.filter(ofJob).length
  const proven = coordinator.leases.filter((lease) => ofJob(lease) && lease.ended === 'proven').length
  const credits = coordinator.credits.filter(ofJob)
  const entries = miner.entries.filter(ofJob)
  const credited = entries.filter(({ settlement }) => settlement === 'credited').length
  const open = entries.filter((entry) => entry.state !== 'settled')
  const due = state === 'completed' ? 1 : 0

  const problems: string[] = []
  if (!FINAL.has(state)) problems.push(`job ${jobId} has not ended: it is ${state}`)
  else if (state !== end && !(end === 'canceled' && state === 'completed'))
    problems.push(`job ${jobId} is ${state}, not ${end}: ${job?.error}`)
  if (endings !== 1) problems.push(`job ${jobId} has ended ${endings} times`)
  if (proven !== due) problems.push(`job ${jobId} is ${state} and was proven ${proven} times`)
  if (credits.length !== due) problems.push(`job ${jobId} is ${state} and was credited ${credits.length} times`)
  if (credited !== due) problems.push(`job ${jobId} is ${state}, and the miner holds it for credited ${credited} times`)
  for (const { amount } of credits) if (amount !== reward) problems.push(`job ${jobId} pays ${reward} and was credited ${amount}`)
  for (const entry of open) problems.push(`job ${jobId} is ${entry.state} in the journal of a miner that had time to end it`)
  return {
    isLost:
      (end === 'completed' && state !== 'completed') || credits.length < due || (credited > 0 && due === 0) || credited < due,
    isDoubled: endings > 1 || proven > 1 || credits.length > 1 || credited > 1,
    problems,
  }
}

function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n)
}
