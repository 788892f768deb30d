/** Weight of the newest measurement in the running mean. */
const NEWEST = 0.2
/** Batches between two trials of another number of threads; doubled while trials bring nothing. */
const FIRST_TRIAL = 48
const LAST_TRIAL = 768

interface Size {
  /** Mean time of a token in ms by number of threads; NaN until measured. */
  readonly meanMs: Map<number, number>
  batches: number
  nextTrial: number
  trialGap: number
}

/**
 * Finds the number of threads that is fastest now, for each size of batch. llama.cpp's threads wait for each other by spinning,
 * so that one of them without a core of its own can slow all of them down tenfold: how many are best depends on what else the
 * machine does.
 */
export class ThreadChoice {
  readonly #options: readonly number[]
  readonly #sizes = new Map<number, Size>()

  /** The first option is taken until measurements say otherwise. */
  constructor(options: readonly [number, ...number[]]) {
    this.#options = [...new Set(options)]
  }

  /** Threads for a batch of so many tokens. */
  choose(tokens: number): number {
    const size = this.#sizeOf(tokens)
    const [first = 1] = this.#options
    if (this.#options.length === 1) return first
    const best = this.#best(size) ?? first
    if (size.batches < size.nextTrial) return best
    const others = this.#options.filter((option) => option !== best)
    return others[size.batches % others.length] ?? best
  }

  /** Tells how long a batch took. */
  record(tokens: number, threads: number, ms: number): void {
    const size = this.#sizeOf(tokens)
    const before = this.#best(size)
    const msPerToken = ms / tokens
    const mean = size.meanMs.get(threads)
    const isTrial = threads !== before && before !== null
    // What was measured long ago, perhaps on a busier machine, counts for nothing beside a fresh trial.
    const isStale = mean === undefined || isTrial
    size.meanMs.set(threads, isStale ? msPerToken : mean + NEWEST * (msPerToken - mean))
    size.batches += 1
    if (!isTrial) return
    size.trialGap = this.#best(size) === before ? Math.min(size.trialGap * 2, LAST_TRIAL) : FIRST_TRIAL
    size.nextTrial = size.batches + size.trialGap
  }

  #best({ meanMs }: Size): number | null {
    let best: number | null = null
    for (const [threads, ms] of meanMs) if (best === null || ms < (meanMs.get(best) ?? Infinity)) best = threads
    return best
  }

  #sizeOf(tokens: number): Size {
    // Powers of two up to 64: beyond that, all sizes behave alike.
    const key = Math.min(6, Math.floor(Math.log2(tokens)))
    const known = this.#sizes.get(key)
    if (known !== undefined) return known
    const size: Size = { meanMs: new Map(), batches: 0, nextTrial: 4, trialGap: FIRST_TRIAL }
    this.#sizes.set(key, size)
    return size
  }
}
