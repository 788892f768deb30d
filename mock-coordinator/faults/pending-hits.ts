import type { FaultRule } from './fault-rule.ts'
import type { RuleState } from './rule-state.ts'

/** The rules that hit one call, until each has struck or its call has ended without it. */
export class PendingHits {
  readonly #pending: Set<RuleState>
  readonly #onStruck: (name: string) => void

  constructor(hits: readonly RuleState[], onStruck: (name: string) => void) {
    this.#pending = new Set(hits)
    this.#onStruck = onStruck
  }

  /** True when a rule needs to know which job the call is about. */
  get concernJobs(): boolean {
    return this.before()
      .concat(this.after())
      .some(({ rule }) => rule.fault === 'expire_lease' || rule.fault === 'cancel_job')
  }

  get touchAnswer(): boolean {
    return this.after().length > 0
  }

  /** Those whose time is before the handler, in the plan's order. */
  before(): RuleState[] {
    return [...this.#pending].filter(({ rule }) => comesBefore(rule))
  }

  /** Those whose time is when the handler has made its answer. */
  after(): RuleState[] {
    return [...this.#pending].filter(({ rule }) => !comesBefore(rule))
  }

  /** The rule has its effect: it will be seen in the log. */
  strike(hit: RuleState): void {
    this.#pending.delete(hit)
    this.#onStruck(hit.name)
  }

  /** The rule found nothing to strike. */
  release(hit: RuleState): void {
    if (this.#pending.delete(hit)) hit.release()
  }

  releaseAll(): void {
    for (const hit of this.#pending) this.release(hit)
  }
}

function comesBefore(rule: FaultRule): boolean {
  if (rule.fault === 'duplicate_job' || rule.fault === 'revoke_key') return true
  return 'when' in rule && rule.when === 'before'
}
