import type { Token } from 'node-llama-cpp'
import type { AddonContext, AddonSampler } from './llama-addon.ts'
import { StuckGrammarError } from './llama-grammar-time.ts'
import type { GrammarTime } from './llama-grammar-time.ts'
import { planBatch } from './llama-batch-plan.ts'
import type { BatchShare } from './llama-batch-plan.ts'
import type { Sequence } from './llama-sequences.ts'
import type { ThreadChoice } from './llama-thread-choice.ts'

const FIRST = Uint32Array.of(0)
const NONE = new Uint32Array(0)

export interface BatcherDeps {
  readonly context: AddonContext
  /** Most tokens of prompts in one batch: the time that it takes is what a cancel may have to wait. */
  readonly promptTokens: number
  readonly threads: ThreadChoice
  /** Threads of batches that must come out the same whatever else goes on. */
  readonly fixedThreads: number
  /** Called when llama.cpp does not come back from a grammar; nothing is computed any more. */
  readonly onStuck: () => void
}

/** One generation. */
export interface Generation {
  readonly sequence: Sequence
  /** The rest of the prompt, at least one token: it goes behind what the sequence has already. */
  readonly tokens: readonly Token[]
  readonly sampler: AddonSampler
  /** Null where any token may follow. */
  readonly grammarTime: GrammarTime | null
  /** Nothing else is computed in its batches, so that others cannot change the rounding of its sums. */
  readonly isAlone: boolean
  readonly signal: AbortSignal
  /** Takes a token, and says whether to go on. */
  readonly onToken: (token: Token) => boolean
}

/** A generation between its first and its last batch. */
class Lane {
  readonly generation: Generation
  readonly end: (error?: unknown) => void
  pending: readonly Token[]

  constructor(generation: Generation, end: (error?: unknown) => void) {
    this.generation = generation
    this.end = end
    this.pending = generation.tokens
  }

  get pendingCount(): number {
    return this.pending.length
  }

  /** Takes the token that was sampled, if any: the generation goes on with it, or ends. */
  take(token: Token | -1 | null): void {
    try {
      if (token === null || token === -1 || !this.generation.onToken(token)) this.end()
      else this.pending = [token]
    } catch (error) {
      this.end(error)
    }
  }
}

/** Continuous batching: computes all generations of a context together, one token of each at a time, as they come and go. */
export class Batcher {
  readonly #deps: BatcherDeps
  readonly #lanes = new Set<Lane>()
  #isRunning = false
  #wasAlone = false

  constructor(deps: BatcherDeps) {
    this.#deps = deps
  }

  /** Resolves when `onToken` wants no more, or the model has none; rejects with the signal's reason between two batches. */
  async run(generation: Generation): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const lane = new Lane(generation, (...errors) => {
        this.#lanes.delete(lane)
        if (errors.length === 0) resolve()
        else reject(errors[0])
      })
      this.#lanes.add(lane)
      if (this.#isRunning) return
      this.#isRunning = true
      // Others that arrive in the same moment come into the first batch.
      setImmediate(() => void this.#loop())
    })
  }

  async #loop(): Promise<void> {
    for (;;) {
      for (const lane of this.#lanes) {
        const { signal } = lane.generation
        if (signal.aborted) lane.end(signal.reason)
      }
      const batch = this.#nextBatch()
      if (batch.length === 0) break
      try {
        await this.#compute(batch)
      } catch (error) {
        for (const { lane } of batch) {
          lane.generation.sequence.isDamaged = true
          lane.end(error)
        }
      }
    }
    this.#isRunning = false
  }

  /** Generations that are alone take turns with each other and with all the rest together. */
  #nextBatch(): BatchShare<Lane>[] {
    const lanes = [...this.#lanes]
    const shared = lanes.filter(({ generation }) => !generation.isAlone)
    const alone = lanes.find(({ generation }) => generation.isAlone)
    this.#wasAlone = alone !== undefined && (shared.length === 0 || !this.#wasAlone)
    if (!this.#wasAlone || alone === undefined) return planBatch(shared, this.#deps.promptTokens)
    this.#lanes.delete(alone)
    this.#lanes.add(alone)
    return planBatch([alone], this.#deps.promptTokens)
  }

  async #compute(batch: readonly BatchShare<Lane>[]): Promise<void> {
    const { context, threads, fixedThreads } = this.#deps
    const size = batch.reduce((sum, { count }) => sum + count, 0)
    const threadCount = this.#wasAlone ? fixedThreads : threads.choose(size)
    context.setThreads(threadCount)
    context.initBatch(size)
    const sampled: { readonly lane: Lane; readonly logitIndex: number }[] = []
    for (const { lane, count } of batch) {
      const { sequence } = lane.generation
      const isWhole = count === lane.pending.length
      const logitIndexes = !isWhole ? NONE : count === 1 ? FIRST : Uint32Array.of(count - 1)
      const tokens = Uint32Array.from(isWhole ? lane.pending : lane.pending.slice(0, count))
      const [logitIndex] = context.addToBatch(sequence.id, sequence.tokens.length, tokens, logitIndexes)
      if (logitIndex !== undefined) sampled.push({ lane, logitIndex })
    }
    const startMs = performance.now()
    const decoded = context.decodeBatch()
    // All native work is done by one worker in the order it is asked for; not to wait in between saves a small model a fifth of its time.
    const samples = sampled.map(({ lane, logitIndex }) => context.sampleToken(logitIndex, lane.generation.sampler))
    const settled = Promise.allSettled(samples)
    try {
      await decoded
    } catch (error) {
      await settled
      throw error
    }
    if (!this.#wasAlone) threads.record(size, performance.now() - startMs)
    for (const { lane, count } of batch) {
      const { tokens } = lane.generation.sequence
      for (const token of lane.pending.slice(0, count)) tokens.push(token)
      lane.pending = lane.pending.slice(count)
    }
    const chosen = await this.#chosen(sampled.map(({ lane }, at) => ({ lane, sample: samples[at] ?? Promise.resolve(null) })))
    for (const { lane, result } of chosen) {
      if (result.status === 'rejected') lane.end(result.reason)
      else lane.take(result.value)
    }
  }

  /** The tokens, one after the other: the worker looks for one at a time. */
  async #chosen(
    samples: readonly { readonly lane: Lane; readonly sample: Promise<Token | -1 | null> }[],
  ): Promise<{ readonly lane: Lane; readonly result: PromiseSettledResult<Token | -1 | null> }[]> {
    const chosen = []
    for (const { lane, sample } of samples) {
      const [result] = await Promise.allSettled([lane.generation.grammarTime?.watch(sample) ?? sample])
      if (result.status === 'rejected' && result.reason instanceof StuckGrammarError) {
        lane.end(result.reason)
        this.#deps.onStuck()
        // The others wait for the end of the process, and are begun again in the next one.
        await new Promise(() => {})
      }
      chosen.push({ lane, result })
    }
    return chosen
  }
}
