import type { EndpointName } from '../../src/protocol/endpoints.ts'
import type { FaultRule } from './fault-rule.ts'
import { seededRandom } from './seeded-random.ts'

/** Between the streams of random numbers of two rules: the golden ratio in 32 bits. */
const STREAM_STEP = 0x9e37_79b9

/** A rule in force: it counts the calls that it is asked about, and says which it hits. */
export class RuleState {
  readonly name: string
  readonly rule: FaultRule
  /** This rule's own dice: other rules do not disturb them. */
  readonly random: () => number
  #calls = 0
  #injected = 0

  constructor(name: string, rule: FaultRule, seed: number, index: number) {
    this.name = name
    this.rule = rule
    this.random = seededRandom((seed + Math.imul(index + 1, STREAM_STEP)) >>> 0)
  }

  /** Calls that the rule was asked about. */
  get calls(): number {
    return this.#calls
  }

  get injected(): number {
    return this.#injected
  }

  /** True when the rule hits this call, which counts as injected unless `release` takes it back. */
  hits(endpoint: EndpointName): boolean {
    const { rule } = this
    if (!rule.on.includes(endpoint)) return false
    this.#calls += 1
    const turn = this.#calls - rule.after
    if (turn <= 0 || turn % rule.every !== 0) return false
    if (rule.times !== undefined && this.#injected >= rule.times) return false
    if (this.random() >= rule.probability) return false
    this.#injected += 1
    return true
  }

  /** The hit came to nothing: there was no job to hand out twice, say. */
  release(): void {
    this.#injected -= 1
  }
}
