/** Batches of a trial; the first ones, with threads that the system has yet to spread over the cores, say little. */
const TRIAL_BATCHES = 12
/** The last batches that count: by their mean, since a thread without a core makes a few of many batches far slower. */
const JUDGED_BATCHES = 8
/** A trial ends at once when a batch takes so many times as long, and what was chosen is doubted when it has slowed down so much. */
const FAR_SLOWER = 3
const SLOWER = 1.5
/** Batches between two trials of another number of threads; doubled while trials bring nothing. */
const FIRST_GAP = 64
const LAST_GAP = 512

/** A number of threads in use, and how long the latest batches took, in ms a token. */
class Usage {
  readonly threads: number
  #latest: number[] = []
  batches = 0

  constructor(threads: number) {
    this.threads = threads
  }

  add(msPerToken: number): void {
    this.batches += 1
    this.#latest = [...this.#latest.slice(1 - JUDGED_BATCHES), msPerToken]
  }

  get meanMs(): number {
    return this.#latest.reduce((total, ms) => total + ms, 0) / this.#latest.length
  }
}

/** What is known about batches of one size. */
interface Size {
  chosen: Usage
  /** What `chosen` took when it was chosen. */
  expectedMs: number
  trial: Usage | null
  trials: number
  gap: number
}

/**
 * Finds the number of threads that is fastest now, for each size of batch. llama.cpp's threads wait for each other by spinning,
 * so that one of them without a core of its own can slow all of them down tenfold: how many are best depends on what else the
 * machine does.
 */
export class ThreadChoice {
  readonly #options: readonly [number, ...number[]]
  readonly #sizes = new Map<number, Size>()

  /** The first option is taken until measurements say otherwise. */
  constructor(options: readonly [number, ...number[]]) {
    this.#options = options
  }

  /** Threads for a batch of so many tokens. */
  choose(tokens: number): number {
    const { chosen, trial } = this.#sizeOf(tokens)
    return (trial ?? chosen).threads
  }

  /** Tells how long the batch took for which `choose` was asked last. */
  record(tokens: number, ms: number): void {
    const size = this.#sizeOf(tokens)
    const { chosen, trial } = size
    const used = trial ?? chosen
    used.add(ms / tokens)
    if (trial === null) this.#considerTrial(size)
    else if (used.batches >= TRIAL_BATCHES || ms / tokens > chosen.meanMs * FAR_SLOWER) judge(size, trial)
  }

  #considerTrial(size: Size): void {
    const { chosen } = size
    if (chosen.batches === TRIAL_BATCHES) size.expectedMs = chosen.meanMs
    const isDoubted = chosen.batches > TRIAL_BATCHES && chosen.meanMs > size.expectedMs * SLOWER
    if (chosen.batches < (isDoubted ? TRIAL_BATCHES : size.gap)) return
    const others = this.#options.filter((option) => option !== chosen.threads)
    const next = others[size.trials % others.length]
    if (next === undefined) return
    size.trials += 1
    size.trial = new Usage(next)
  }

  #sizeOf(tokens: number): Size {
    // Powers of two up to 64: beyond that, all sizes behave alike.
    const key = Math.min(6, Math.floor(Math.log2(tokens)))
    const known = this.#sizes.get(key)
    if (known !== undefined) return known
    const chosen = new Usage(this.#options[0])
    const size: Size = { chosen, expectedMs: Number.NaN, trial: null, trials: 0, gap: TRIAL_BATCHES }
    this.#sizes.set(key, size)
    return size
  }
}

function judge(size: Size, trial: Usage): void {
  const isBetter = trial.batches >= TRIAL_BATCHES && trial.meanMs < size.chosen.meanMs
  size.gap = isBetter ? FIRST_GAP : Math.min(Math.max(size.gap * 2, FIRST_GAP), LAST_GAP)
  size.expectedMs = isBetter ? trial.meanMs : size.chosen.meanMs
  size.chosen = isBetter ? trial : new Usage(size.chosen.threads)
  size.trial = null
}
