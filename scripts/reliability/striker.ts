import { setTimeout as sleep } from 'node:timers/promises'
import type { Program } from '../local-chain/program.ts'
import type { ChainUnderTest } from './chain-under-test.ts'
import type { Strike } from './crash-plan.ts'
import { killIfThere } from './marked-processes.ts'
import type { SeededRandom } from './seeded-random.ts'

/** What jobs may take to end while the coordinator is away. */
const FILL_OUTBOX_MS = 1_500

type Side = 'miner' | 'coordinator'
type PointStrike = Strike & { kind: 'point' }

/** Carries strikes out and keeps count. */
export class Striker {
  readonly kills = { miner: 0, coordinator: 0, engine: 0 }
  /** Crash points at which a program died, as `program point`. */
  readonly points: string[] = []
  /** Programs that ended by themselves otherwise than planned. */
  readonly problems: string[] = []
  readonly #chain: ChainUnderTest
  readonly #random: SeededRandom
  readonly #patienceMs: number
  readonly #searches: Promise<void>[] = []

  /** A program that does not come to its crash point within `patienceMs` is killed where it is. */
  constructor(chain: ChainUnderTest, random: SeededRandom, patienceMs: number) {
    this.#chain = chain
    this.#random = random
    this.#patienceMs = patienceMs
  }

  /** Resolves when it is known of each killed miner whether a process of it has outlived it. */
  async end(): Promise<void> {
    await Promise.all(this.#searches)
  }

  /** Resolves when both programs have been started again. */
  async strike(strike: Strike): Promise<void> {
    if (strike.kind === 'point') return this.#atPoint(strike)
    await sleep(strike.afterMs)
    if (strike.target === 'engine') return this.#killEngine()
    const sides: Side[] = strike.target === 'both' ? ['coordinator', 'miner'] : [strike.target]
    await Promise.all(sides.map((side) => this.#kill(side)))
    await sleep(strike.deadMs)
    for (const side of sides) this.#start(side)
  }

  async #atPoint({ target, point, nth, deadMs, other }: PointStrike): Promise<void> {
    const second: Side = target === 'miner' ? 'coordinator' : 'miner'
    if (other !== 'lives') await this.#kill(second)
    if (other === 'dead') await sleep(FILL_OUTBOX_MS)
    await this.#kill(target)
    const program = this.#start(target, `${point}@${nth}`)
    if (other === 'restarts') this.#start(second)
    const end = await Promise.race([program.ended(), sleep(this.#patienceMs, null)])
    if (end === null) await this.#kill(target)
    else if (end === 'SIGKILL') {
      this.#died(target)
      this.points.push(`${target} ${point}`)
    } else this.problems.push(endOf(program, end))
    await sleep(deadMs)
    this.#start(target)
    if (other === 'dead') this.#start(second)
  }

  async #kill(side: Side): Promise<void> {
    const program = this.#chain[side]
    if (program === null) return
    if (program.hasEnded) {
      this.problems.push(endOf(program, await program.ended()))
      return
    }
    program.signal('SIGKILL')
    await program.ended()
    this.#died(side)
  }

  #died(side: Side): void {
    this.kills[side] += 1
    if (side === 'coordinator') return
    const search = this.#chain.orphans().then((pids) => {
      for (const pid of pids) this.problems.push(`process ${pid} has outlived a miner that was killed`)
    })
    this.#searches.push(search)
  }

  /** One is started with the first job that needs it. */
  async #killEngine(): Promise<void> {
    const untilMs = performance.now() + this.#patienceMs
    while (this.#chain.engines().length === 0 && performance.now() < untilMs) await sleep(20)
    const engines = this.#chain.engines()
    if (engines.length === 0) return
    if (killIfThere(this.#random.pick(engines))) this.kills.engine += 1
  }

  #start(side: Side, crashPoint?: string): Program {
    return side === 'miner' ? this.#chain.startMiner(crashPoint) : this.#chain.startCoordinator(crashPoint)
  }
}

function endOf(program: Program, end: number | string): string {
  return `the ${program.name} ended by itself with ${end}: ${program.lines.slice(-5).join(' | ')}`
}
