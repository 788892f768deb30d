import { CRASH_POINTS as COORDINATOR_POINTS } from '../../mock-coordinator/crash-points.ts'
import { CRASH_POINTS } from '../../src/domain/crash-points.ts'
import type { SeededRandom } from './seeded-random.ts'

export type Target = 'miner' | 'coordinator' | 'engine' | 'both'

/** One blow: who is killed, when, and for how long it stays dead. */
export type Strike =
  | { readonly kind: 'moment'; readonly target: Target; readonly afterMs: number; readonly deadMs: number }
  | {
      readonly kind: 'point'
      readonly target: 'miner' | 'coordinator'
      readonly point: string
      /** Dies when it comes there for the nth time. */
      readonly nth: number
      readonly deadMs: number
      /** What the other program does meanwhile: dead: it is killed before; restarts: it is killed, too, and comes up after. */
      readonly other: 'lives' | 'dead' | 'restarts'
    }

/**
 * Points of the miner that this load does not come to: nobody deletes outputs by hand, the coordinator gives no lease another
 * id, no disk is full, and it is not night. The journal's own tests strike there.
 */
const NOT_MET = /^(reconcile|renew|check|prune):/
/** Met once in a life, at its start, or with few jobs of the mix. */
const RARE = /^(migrate|recover|clock|register|upload|cancel):|^outcome:after-file$|^deliver:uploaded$/
/** Met while the coordinator is away: outcomes wait. */
const WITHOUT_COORDINATOR = /^(clock|postpone):/

/** Where the miner can be struck. */
export const MINER_POINTS: readonly string[] = CRASH_POINTS.filter((point) => !NOT_MET.test(point))
/** Where either program can be struck, as `program point`. */
export const ALL_POINTS: readonly string[] = [
  ...MINER_POINTS.map((point) => `miner ${point}`),
  ...COORDINATOR_POINTS.map((point) => `coordinator ${point}`),
]

/** Plans runs, each crash point in its turn, so that a dozen runs meet them all. */
export class CrashPlanner {
  readonly #random: SeededRandom
  #points: string[] = []

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** So many strikes, half of them at crash points; the last one is at both programs. */
  plan(strikes: number): Strike[] {
    const random = this.#random
    const planned = Array.from({ length: strikes - 1 }, (_, at) => (at % 2 === 0 ? this.#atPoint() : this.#atMoment()))
    // Only a new journal is brought to a schema.
    const isFirst = (strike: Strike): boolean => strike.kind === 'point' && strike.point.startsWith('migrate:')
    const shuffled = random.shuffled(planned.filter((strike) => !isFirst(strike)))
    return [...planned.filter(isFirst), ...shuffled, { kind: 'moment', target: 'both', afterMs: 500, deadMs: 100 }]
  }

  #atMoment(): Strike {
    const random = this.#random
    const target = random.pick<Target>(['miner', 'miner', 'coordinator', 'engine', 'engine', 'both'])
    return { kind: 'moment', target, afterMs: random.between(50, 2_500), deadMs: this.#deadMs() }
  }

  #atPoint(): Strike {
    if (this.#points.length === 0) this.#points = this.#random.shuffled(ALL_POINTS)
    const [target, point = ''] = (this.#points.pop() ?? '').split(' ')
    return {
      kind: 'point',
      target: target === 'miner' ? 'miner' : 'coordinator',
      point,
      nth: RARE.test(point) ? 1 : this.#random.between(1, 3),
      deadMs: this.#deadMs(),
      other: WITHOUT_COORDINATOR.test(point) ? 'dead' : point.startsWith('register:') ? 'restarts' : 'lives',
    }
  }

  /** Now and then so long that the leases run out. */
  #deadMs(): number {
    return this.#random.next() < 0.15 ? this.#random.between(1_000, 4_000) : this.#random.between(0, 300)
  }
}
