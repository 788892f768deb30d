import assert from 'node:assert/strict'
import { FaultPlanSchema } from '../../mock-coordinator/faults/fault-plan.ts'
import type { Coordinator } from '../../mock-coordinator/server.ts'
import type { Client } from '../../scripts/local-chain/client.ts'
import type { Program } from '../../scripts/local-chain/program.ts'
import { eventually } from './eventually.ts'

/** Long enough to be struck by a heartbeat's fault while it runs. */
const JOB = { workload: 'torch_bench', params: { size: 128, iterations: 400 } }
/** What each job pays. */
export const REWARD = '0.25'

/** A chain of one daemon, and the coordinator in this process so that a test sees its books. */
export class FaultyChain {
  readonly miner: Program
  readonly #coordinator: Coordinator
  readonly #client: Client
  #jobs = 0
  #logFrom = 0

  constructor(coordinator: Coordinator, client: Client, miner: Program) {
    this.#coordinator = coordinator
    this.#client = client
    this.miner = miner
  }

  /** Has jobs done under these rules until each rule has struck; returns how many ended in which state. */
  async under(rules: readonly object[], jobs = 4): Promise<Record<string, number>> {
    this.#logFrom = this.miner.lines.length
    const { faults } = this.#coordinator
    faults.put(FaultPlanSchema.parse({ seed: 1, rules }))
    const states: Record<string, number> = {}
    const hasStruck = (): boolean => faults.report().rules.every(({ injected }) => injected > 0)
    for (let round = 0; round === 0 || (!hasStruck() && round < 10); round += 1) {
      const submitted = await Promise.all(Array.from({ length: jobs }, () => this.#client.submit(JOB)))
      for (const { id } of submitted) {
        const { state } = await this.#client.finished(id)
        states[state] = (states[state] ?? 0) + 1
      }
      this.#jobs += jobs
    }
    assert.deepEqual(
      faults.report().rules.filter(({ injected }) => injected === 0),
      [],
    )
    faults.clear()
    this.#checkBooks()
    return states
  }

  /** Revokes the key while jobs run. The returned function gives it back and sees the jobs done. */
  revokeKey(status: 401 | 403): () => Promise<void> {
    this.#logFrom = this.miner.lines.length
    const { faults } = this.#coordinator
    const jobs = Promise.all(Array.from({ length: 2 }, () => this.#client.submit(JOB)))
    faults.put(FaultPlanSchema.parse({ rules: [{ on: 'heartbeat', fault: 'revoke_key', status, after: 1, times: 1 }] }))
    return async () => {
      faults.clear()
      for (const { id } of await jobs) assert.equal((await this.#client.finished(id)).state, 'completed')
      this.#jobs += 2
      this.#checkBooks()
    }
  }

  /** Waits until the miner's log says so of the latest faults. */
  says(pattern: RegExp): Promise<void> {
    return eventually(`the log says ${pattern}`, () => this.miner.lines.slice(this.#logFrom).some((line) => pattern.test(line)))
  }

  /** Every job has ended once, and each that was completed was paid once. */
  #checkBooks(): void {
    const { jobs, ledger } = this.#coordinator.store
    const counts = jobs.counts()
    assert.equal(counts.queued + counts.leased, 0)
    assert.equal(counts.completed + counts.canceled, this.#jobs)
    const { entries } = ledger.page('w1', undefined, 1_000)
    assert.equal(new Set(entries.map((entry) => entry.job_id)).size, counts.completed)
    assert.deepEqual(
      entries.map((entry) => entry.amount),
      Array.from({ length: counts.completed }, () => REWARD),
    )
  }
}
