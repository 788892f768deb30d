import { JobFailureError } from '../domain/failure-codes.ts'
import type { Finish, StreamDelta, Usage } from './stream-delta.ts'

/** A text as a server gave it, complete. */
export interface Generated {
  readonly text: string
  /** Ids of its tokens without the one that ends it; empty unless the server told them all. */
  readonly tokens: readonly number[]
  readonly finishReason: 'stop' | 'length'
  readonly usage: Usage | null
}

/** Puts a generation together from what its events add, within bounds. */
export class Generation {
  readonly #maxBytes: number
  readonly #maxTokens: number
  readonly #pieces: string[] = []
  #bytes = 0
  /** Null once there is one that cannot be right. */
  #ids: number[] | null = []
  #finish: Finish | null = null
  #usage: Usage | null = null

  constructor(maxBytes: number, maxTokens: number) {
    this.#maxBytes = maxBytes
    this.#maxTokens = maxTokens
  }

  /** Whether the server has said that the text is complete. */
  get isFinished(): boolean {
    return this.#finish !== null
  }

  /** Throws `E_OUTPUT` for more text than the job may give out. */
  add({ text, tokenIds, finish, usage }: StreamDelta): void {
    this.#usage = usage ?? this.#usage
    if (this.isFinished) return
    this.#bytes += Buffer.byteLength(text)
    if (this.#bytes > this.#maxBytes) {
      throw new JobFailureError('E_OUTPUT', `the text is longer than the limit of ${this.#maxBytes} bytes`)
    }
    if (text !== '') this.#pieces.push(text)
    // An empty text may hide a token, a shown one cannot be without.
    if (tokenIds === null && text !== '') this.#ids = null
    for (const id of tokenIds ?? []) this.#ids?.push(id)
    // One more than asked for is the token that ends the text.
    if (this.#ids !== null && this.#ids.length > this.#maxTokens + 1) this.#ids = null
    this.#finish = finish
  }

  /** What has come of it. Throws `E_ENGINE` unless the server said that it is complete, `E_DENY` when a filter cut it off. */
  complete(): Generated {
    if (this.#finish === null) {
      throw new JobFailureError('E_ENGINE', 'the language-model server ended its answer before the text was complete')
    }
    return {
      text: this.#pieces.join(''),
      tokens: this.#tokens(this.#finish),
      finishReason: finishReason(this.#finish.reason),
      usage: this.#usage,
    }
  }

  #tokens({ hasEndToken }: Finish): readonly number[] {
    const ids = this.#ids
    // Servers leave ids out of a stream where a character is made of several tokens, or a parser holds text back.
    if (ids === null || (this.#usage !== null && ids.length !== this.#usage.completionTokens)) return []
    return hasEndToken ? ids.slice(0, -1) : ids
  }
}

function finishReason(reason: string): Generated['finishReason'] {
  switch (reason) {
    case 'stop':
    case 'eos':
    case 'eos_token':
    case 'stop_sequence':
    case 'tool_calls':
    case 'function_call':
      return 'stop'
    case 'length':
    case 'max_tokens':
      return 'length'
    case 'content_filter':
      throw new JobFailureError('E_DENY', "the language-model server's content filter cut the text off")
    default:
      throw new JobFailureError(
        'E_ENGINE',
        `the language-model server ended the text for a reason of its own: ${reason.slice(0, 64)}`,
      )
  }
}
