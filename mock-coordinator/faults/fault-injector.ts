import { randomInt } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { EndpointName } from '../../src/protocol/endpoints.ts'
import { toUtcTime } from '../ids.ts'
import type { Settings } from '../settings.ts'
import type { FaultPlan } from './fault-plan.ts'
import { ruleName } from './fault-plan.ts'
import type { FaultReport } from './fault-report.ts'
import type { FaultKind } from './fault-rule.ts'
import { HandedOutJobs } from './handed-out-jobs.ts'
import { RevokedKeys } from './revoked-keys.ts'
import { RuleState } from './rule-state.ts'

/** They leave the answer, or the lack of one, to the next rule; so does a job to hand out twice where there was none. */
const NOT_FINAL: ReadonlySet<FaultKind> = new Set(['latency', 'clock', 'expire_lease', 'cancel_job', 'duplicate_job'])

/** All that belongs to one plan, and goes with it. */
interface Force {
  readonly seed: number
  readonly rules: readonly RuleState[]
  readonly revokedKeys: RevokedKeys
  readonly handedOut: HandedOutJobs
}

/** The fault plan in force: which rules hit a call, what was injected, whose key is revoked. */
export class FaultInjector {
  readonly #settings: Pick<Settings, 'nowMs' | 'log'>
  readonly #struck = new WeakMap<ServerResponse, string[]>()
  #force: Force | null = null

  constructor(settings: Pick<Settings, 'nowMs' | 'log'>) {
    this.#settings = settings
  }

  /** Puts a plan in force in the place of the former one; counts start anew, and revoked keys are given back. */
  put(plan: FaultPlan): void {
    const seed = plan.seed ?? randomInt(0xffff_ffff)
    this.#force = {
      seed,
      rules: plan.rules.map((rule, index) => new RuleState(ruleName(rule, index), rule, seed, index)),
      revokedKeys: new RevokedKeys(),
      handedOut: new HandedOutJobs(),
    }
    this.#settings.log(`faults in force: ${plan.rules.length} rules, seed ${seed}`)
  }

  /** No more faults. */
  clear(): void {
    if (this.#force !== null) this.#settings.log('faults ended')
    this.#force = null
  }

  get isActive(): boolean {
    return this.#force !== null
  }

  /** Null without a plan. */
  get revokedKeys(): RevokedKeys | null {
    return this.#force?.revokedKeys ?? null
  }

  /** Null unless a rule of the plan hands jobs out twice. */
  get handedOut(): HandedOutJobs | null {
    return this.#force?.rules.some(({ rule }) => rule.fault === 'duplicate_job') === true ? this.#force.handedOut : null
  }

  /** The rules that hit a call, in the plan's order. The first whose answer takes the place of the true one is the last. */
  hits(endpoint: EndpointName): RuleState[] {
    const hits: RuleState[] = []
    for (const state of this.#force?.rules ?? []) {
      if (!state.hits(endpoint)) continue
      hits.push(state)
      if (!NOT_FINAL.has(state.rule.fault)) break
    }
    return hits
  }

  /** A rule has struck this call. */
  note(response: ServerResponse, ruleName: string): void {
    this.#struck.set(response, [...this.struck(response), ruleName])
  }

  /** The rules that have struck a call, for its line in the log. */
  struck(response: ServerResponse): readonly string[] {
    return this.#struck.get(response) ?? []
  }

  report(): FaultReport {
    const { seed = null, rules = [], revokedKeys } = this.#force ?? {}
    return {
      seed,
      injected: rules.reduce((sum, { injected }) => sum + injected, 0),
      rules: rules.map(({ name, calls, injected, rule }) => ({ name, calls, injected, rule: { ...rule } })),
      revoked_keys: (revokedKeys?.all(this.#settings.nowMs()) ?? []).map(([keyId, revocation]) => ({
        key_id: keyId.slice(0, 12),
        rule: revocation.rule,
        until: revocation.untilMs === null ? null : toUtcTime(revocation.untilMs),
        refused: revocation.refused,
      })),
    }
  }
}
