import type { Token } from 'node-llama-cpp'
import type { AddonContext } from './llama-addon.ts'

/** Less than this is computed again sooner than it is worth keeping the result apart from a fresh one. */
const MIN_REUSED_TOKENS = 32

/** A place in the context for one generation. */
export interface Sequence {
  readonly id: number
  /** What its state was computed from. */
  readonly tokens: Token[]
  /** A computation failed in it: the state is not to be trusted. */
  isDamaged: boolean
}

interface Waiting {
  readonly take: (sequence: Sequence) => void
}

/**
 * Lends the sequences of a context. One that comes back keeps its state, and the next prompt that begins with the same tokens
 * need only be computed from where it differs. What is compared are whole tokens of the prompt itself: nobody gets text of
 * another that he did not send, though he may notice by the time it took that somebody sent it before.
 */
export class Sequences {
  readonly #context: AddonContext
  readonly #canReuse: boolean
  /** Least recently used first. */
  #idle: Sequence[]
  readonly #waiting: Waiting[] = []

  /** `canReuse`: the model's memory allows going back to any token. */
  constructor(context: AddonContext, count: number, canReuse: boolean) {
    this.#context = context
    this.#canReuse = canReuse
    this.#idle = Array.from({ length: count }, (_none, id) => ({ id, tokens: [], isDamaged: false }))
  }

  /**
   * The idle sequence that has most of the prompt, cut to what it has in common with it, less than the whole; an empty one if
   * `isFresh`. Waits for one to come back; rejects with the signal's reason.
   */
  async lend(prompt: readonly Token[], isFresh: boolean, signal: AbortSignal): Promise<Sequence> {
    signal.throwIfAborted()
    const sequence = this.#takeBest(prompt) ?? (await this.#next(signal))
    this.#cut(sequence, isFresh || !this.#canReuse ? 0 : reusable(sequence, prompt))
    return sequence
  }

  giveBack(sequence: Sequence): void {
    if (sequence.isDamaged) this.#cut(sequence, 0)
    const next = this.#waiting.shift()
    if (next === undefined) this.#idle.push(sequence)
    else next.take(sequence)
  }

  #takeBest(prompt: readonly Token[]): Sequence | undefined {
    const [first] = this.#idle
    if (first === undefined) return undefined
    const best = this.#idle.reduce(
      (longest, other) => (reusable(other, prompt) > reusable(longest, prompt) ? other : longest),
      first,
    )
    this.#idle = this.#idle.filter((sequence) => sequence !== best)
    return best
  }

  async #next(signal: AbortSignal): Promise<Sequence> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
      }
      const waiting: Waiting = {
        take: (sequence) => {
          signal.removeEventListener('abort', onAbort)
          resolve(sequence)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
    })
  }

  #cut(sequence: Sequence, length: number): void {
    const { id, tokens } = sequence
    if (length === tokens.length && !sequence.isDamaged) return
    const isCut = length > 0 && this.#context.removeTokenCellsFromSequence(id, length, tokens.length)
    if (!isCut) this.#context.disposeSequence(id)
    tokens.length = isCut ? length : 0
    sequence.isDamaged = false
  }
}

/** How much of the sequence the prompt can go on from; at least its last token has to be computed, for its logits. */
function reusable({ tokens }: Sequence, prompt: readonly Token[]): number {
  const end = Math.min(tokens.length, prompt.length - 1)
  let length = 0
  while (length < end && tokens[length] === prompt[length]) length++
  return length < MIN_REUSED_TOKENS ? 0 : length
}
