import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '../local-chain/client.ts'
import type { Order } from './books.ts'
import type { PlannedJob } from './job-mix.ts'
import { minorUnits } from './read-coordinator-books.ts'

const RETRY_MS = 50
const PATIENCE_MS = 60_000

/** A client that asks again, as the same request, until the coordinator is there and answers. */
export class PatientClient {
  readonly orders: Order[] = []
  readonly #client: Client
  readonly #onSubmitted: (id: string, atMs: number) => void

  /** `onSubmitted` is told of each job with the time of the first call for it. */
  constructor(client: Client, onSubmitted: (id: string, atMs: number) => void = () => {}) {
    this.#client = client
    this.#onSubmitted = onSubmitted
  }

  /** Submits the job once, however often the answer is lost, and notes it among the orders. Returns its id. */
  async submit({ submission, end }: PlannedJob): Promise<string> {
    const key = crypto.randomUUID()
    const atMs = Date.now()
    const { id } = await untilAnswered(() => this.#client.submit(submission, key))
    this.#onSubmitted(id, atMs)
    this.orders.push({ jobId: id, end, reward: minorUnits(submission.reward?.amount ?? '') })
    return id
  }

  async cancel(id: string): Promise<void> {
    await untilAnswered(() => this.#client.cancel(id))
  }
}

async function untilAnswered<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const untilMs = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await sleep(RETRY_MS)
    }
  }
}
