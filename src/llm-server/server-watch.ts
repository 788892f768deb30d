import type { Clock, Logger, Random } from '../domain/ports.ts'
import { dialectOf } from './dialect.ts'
import type { Dialect } from './dialect.ts'
import type { LlmServerClient } from './llm-server-client.ts'
import { listed, readModelList } from './model-list.ts'
import type { ServerModel } from './model-list.ts'
import { ServerFailure } from './server-failure.ts'
import { identifyServer } from './server-kind.ts'
import type { ServerIdentity } from './server-kind.ts'
import { withTimeLimit } from './time-limit.ts'

export interface ServerWatchDeps {
  readonly client: LlmServerClient
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

/** What is known of a server that answers and has a model. */
export interface ReadyServer {
  readonly models: readonly [ServerModel, ...ServerModel[]]
  readonly identity: ServerIdentity
  readonly dialect: Dialect
}

const REFRESH_MS = 300_000
/** Between two looks at a server that is away: from the first of these, doubling, to the second. */
const AWAY_MS = { first: 5_000, longest: 60_000 }
const LOOK_TIMEOUT_MS = 15_000

/**
 * Keeps looking at a server: every few minutes while it is there, more often while it is away.
 *
 *     starting ──▶ ready ◀──▶ away        stop() ends it in any state
 */
export class ServerWatch {
  readonly #deps: ServerWatchDeps
  readonly #stopping = new AbortController()
  readonly #listeners = new Set<() => void>()
  #server: ReadyServer | null = null
  /** Why there is no server; null while there is one, and before the first look. */
  #awayReason: string | null = null
  #failures = 0
  #look: Promise<void> | null = null
  #loop: Promise<void> | null = null
  #wake = new AbortController()

  constructor(deps: ServerWatchDeps) {
    this.#deps = deps
  }

  /** Null while it does not answer, refuses the key, or has no model. */
  get server(): ReadyServer | null {
    return this.#server
  }

  get state(): 'starting' | 'ready' | 'away' {
    if (this.#server !== null) return 'ready'
    return this.#awayReason === null ? 'starting' : 'away'
  }

  /** Resolves after the first look, whatever it saw. */
  async start(): Promise<void> {
    await this.look()
    this.#loop ??= this.#keepLooking()
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the miner stops'))
    this.#wake.abort()
    await Promise.all([this.#loop, this.#look])
  }

  /** Told when the server comes, goes, or has other models. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Looks now, or waits for the look that is under way. Never rejects. */
  async look(): Promise<void> {
    this.#look ??= this.#lookOnce().finally(() => {
      this.#look = null
    })
    await this.#look
  }

  /** A request has met a server that is not there, or does not let us in. */
  reportFailure(failure: ServerFailure): void {
    this.#setAway(failure)
    this.#wake.abort()
  }

  async #keepLooking(): Promise<void> {
    const { clock } = this.#deps
    while (!this.#stopping.signal.aborted) {
      this.#wake = new AbortController()
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      await clock.sleep(this.#pauseMs(), AbortSignal.any([this.#wake.signal, this.#stopping.signal]))
      if (this.#stopping.signal.aborted) return
      // A failure that a request reported is no reason to ask at once again: only the pause is another now.
      // oxlint-disable-next-line no-await-in-loop -- one look after another
      if (!this.#wake.signal.aborted) await this.look()
    }
  }

  #pauseMs(): number {
    if (this.#server !== null) return REFRESH_MS
    const ceilingMs = Math.min(AWAY_MS.longest, AWAY_MS.first * 2 ** Math.min(Math.max(this.#failures - 1, 0), 10))
    return ceilingMs / 2 + (this.#deps.random() * ceilingMs) / 2
  }

  async #lookOnce(): Promise<void> {
    const { client, clock } = this.#deps
    try {
      const found = await withTimeLimit(
        {
          ms: LOOK_TIMEOUT_MS,
          clock,
          signal: this.#stopping.signal,
          cause: () => new ServerFailure(`GET /v1/models: no answer within ${LOOK_TIMEOUT_MS / 1000} s`, { kind: 'unreachable' }),
        },
        async (signal) => {
          const list = readModelList(await client.get('/v1/models', signal))
          const [first, ...others] = list.models
          if (first === undefined) throw new ServerFailure('it offers no model', { kind: 'missing' })
          const identity = await identifyServer(client, list, signal)
          return { models: [first, ...others] as const, identity, dialect: dialectOf(identity) }
        },
      )
      this.#setReady({ ...found, models: [...found.models] })
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      this.#failures++
      this.#setAway(
        error instanceof ServerFailure ? error : new ServerFailure(String(error), { kind: 'garbled' }, { cause: error }),
      )
    }
  }

  #setReady(server: ReadyServer): void {
    const before = this.#server
    this.#server = server
    this.#awayReason = null
    this.#failures = 0
    if (before !== null && summaryOf(before) === summaryOf(server)) return
    const { kind, version } = server.identity
    this.#deps.logger.info('language-model server ready', { server: kind, version, models: listed(server.models) })
    this.#tell()
  }

  #setAway(failure: ServerFailure): void {
    const wasReady = this.#server !== null
    const isNews = this.#awayReason !== failure.details.kind
    this.#server = null
    this.#awayReason = failure.details.kind
    if (isNews) this.#log(failure)
    if (wasReady) this.#tell()
  }

  #log({ message, details }: ServerFailure): void {
    const { logger } = this.#deps
    switch (details.kind) {
      case 'unauthorized':
        logger.error('the language-model server refuses our key: set LLM_API_KEY to one that it takes', { error: message })
        return
      case 'redirect':
        logger.error('the language-model server points elsewhere: set LLM_URL to where it is', { error: message })
        return
      case 'garbled':
      case 'refused':
        logger.error('LLM_URL leads to no server with the OpenAI API: check it', { error: message })
        return
      case 'missing':
        logger.error('the language-model server has no model, or no list of them: check LLM_URL and what the server has loaded', {
          error: message,
        })
        return
      case 'unreachable':
      case 'busy':
      case 'broken':
        logger.warn(
          'the language-model server does not answer; llm_gen is not offered until it does: is it running at LLM_URL?',
          {
            error: message,
          },
        )
        return
      default:
        details.kind satisfies never
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** Changes when something does that others want to know. */
function summaryOf({ models, identity }: ReadyServer): string {
  return JSON.stringify([identity.kind, identity.version, models.map(({ name, contextTokens }) => [name, contextTokens])])
}
