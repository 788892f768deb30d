import { JobFailureError } from '../../domain/failure-codes.ts'

export interface GrammarTimeOptions {
  /** Looks that a run may take beyond those for each token. */
  readonly spareLooks: number
  readonly looksPerToken: number
  /** Calls `look` again and again until the function that it returns is called. A pause of the whole process is one look, however long. */
  readonly start: (look: () => void) => () => void
}

const LOOK_MS = 250

/** Half a second for each token on average, and five beyond: a grammar that leads somewhere takes milliseconds. */
const OPTIONS: GrammarTimeOptions = {
  spareLooks: 20,
  looksPerToken: 2,
  start: (look) => {
    const timer = setInterval(look, LOOK_MS)
    return () => clearInterval(timer)
  },
}

/** llama.cpp is still at it: its thread serves nobody any more. */
export class StuckGrammarError extends JobFailureError {}

/**
 * The time that llama.cpp takes for one run's grammar. No rule finds every grammar that is too costly before it is used, and all runs
 * of the engine wait while a token is looked for.
 */
export class GrammarTime {
  readonly #options: GrammarTimeOptions
  #spareLooks: number

  constructor(options: GrammarTimeOptions = OPTIONS) {
    this.#options = options
    this.#spareLooks = options.spareLooks
  }

  /**
   * Resolves with the token that is being looked for. Rejects with `E_INVALID` when it took too long, by a `StuckGrammarError` when
   * there is none after about twice that.
   */
  async watch<T>(sample: Promise<T>): Promise<T> {
    const { spareLooks, looksPerToken, start } = this.#options
    const allowed = this.#spareLooks + looksPerToken
    let looks = 0
    const { promise: stuck, reject } = Promise.withResolvers<never>()
    const stop = start(() => {
      looks += 1
      if (looks > allowed + spareLooks) reject(new StuckGrammarError('E_INVALID', TOO_LONG))
    })
    try {
      const token = await Promise.race([sample, stuck])
      if (looks > allowed) throw new JobFailureError('E_INVALID', TOO_LONG)
      this.#spareLooks = Math.min(spareLooks, allowed - looks)
      return token
    } finally {
      stop()
    }
  }
}

const TOO_LONG =
  'llama.cpp takes too long to find a token by this grammar or json_schema: make it simpler, with fewer ways to read the same text'
