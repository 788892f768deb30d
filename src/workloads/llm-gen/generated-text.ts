import { StopStrings } from './stop-strings.ts'
import { TextStream } from './text-stream.ts'
import { TokenText } from './token-text.ts'
import type { Detokenize } from './token-text.ts'

export interface GeneratedTextOptions<T> {
  readonly prompt: readonly T[]
  readonly stop: readonly string[]
  readonly maxTokens: number
  readonly detokenize: Detokenize<T>
  /** Takes the text in pieces, as it grows. */
  readonly send: (piece: string) => void
}

/** A text that grows by tokens until it ends: by a stop string, by its length, or when the model wants. */
export class GeneratedText<T> {
  readonly tokens: T[] = []
  readonly #maxTokens: number
  readonly #stop: readonly string[]
  readonly #stops: StopStrings
  readonly #text: TokenText<T>
  readonly #stream: TextStream
  #searched = 0
  #whole: string | null = null
  #finishReason: 'stop' | 'length' = 'stop'

  constructor({ prompt, stop, maxTokens, detokenize, send }: GeneratedTextOptions<T>) {
    this.#maxTokens = maxTokens
    this.#stop = stop
    this.#stops = new StopStrings(stop)
    this.#text = new TokenText(detokenize, prompt)
    this.#stream = new TextStream(send)
  }

  /** Takes a token, and says whether another one is wanted. */
  push(token: T): boolean {
    this.tokens.push(token)
    this.#text.push(token)
    if (this.#stop.length > 0) {
      const grown = this.#text.read()
      const stopAt = this.#stops.find(grown, this.#searched)
      if (stopAt !== null) return this.#end(grown.slice(0, stopAt), 'stop')
      this.#searched = grown.length
    }
    if (this.tokens.length >= this.#maxTokens) return this.#end(this.#text.finish(), 'length')
    if (this.#stream.isDue) this.#stream.show(this.#text.read(), this.#stops)
    return true
  }

  /** The whole text, sent to its end, and why it ended; `stop` if no token ended it. */
  finish(): { readonly text: string; readonly finishReason: 'stop' | 'length' } {
    const text = this.#whole ?? this.#text.finish()
    this.#stream.finish(text)
    return { text, finishReason: this.#finishReason }
  }

  #end(whole: string, reason: 'stop' | 'length'): false {
    this.#whole = whole
    this.#finishReason = reason
    return false
  }
}
