import type { JobProgress } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock, Random } from '../domain/ports.ts'
import type { LlmGenParams } from '../workloads/llm-gen/schema.ts'
import type { Dialect } from './dialect.ts'
import { generate } from './generate.ts'
import { Generation } from './generation.ts'
import type { Generated } from './generation.ts'
import { generationRequest } from './generation-request.ts'
import type { GenerationRequest } from './generation-request.ts'
import { jobFailureOf, refusedOption } from './job-failure.ts'
import type { LlmServerClient } from './llm-server-client.ts'
import { ServerFailure } from './server-failure.ts'
import type { ServerWatch } from './server-watch.ts'
import { TokenRelay } from './token-relay.ts'

/** Requests in all that one job makes to a server that does not answer, or is busy. */
const MAX_ATTEMPTS = 5
/** Pause before the second attempt, doubled before each further one. */
const FIRST_PAUSE_MS = 500

export interface GenerateWithRetriesOptions {
  readonly client: LlmServerClient
  readonly watch: ServerWatch
  readonly params: LlmGenParams
  readonly model: string
  readonly dialect: Dialect
  /** Parts of requests that the server does not take; what is learned is added. */
  readonly refused: Set<string>
  readonly maxOutputBytes: number
  readonly idleMs: number
  readonly clock: Clock
  readonly random: Random
  readonly onProgress: (progress: JobProgress) => void
  /** Told what the job would fail with if its time were up now, in a pause between two attempts; null behind it. */
  readonly onPause: (failure: JobFailureError | null) => void
  readonly signal: AbortSignal
}

export interface Timed {
  readonly generated: Generated
  /** From sending the request to the first piece of text; null for an empty text. */
  readonly firstTokenMs: number | null
  readonly totalMs: number
}

/**
 * One generation, asked for again while the server does not answer or is busy and no text has come, and without what the server
 * does not take and the job does not ask for. Rejects with a `JobFailureError`.
 */
export async function generateWithRetries(options: GenerateWithRetriesOptions): Promise<Timed> {
  const { client, params, model, dialect, refused, clock, random, signal } = options
  let attempts = 0
  for (;;) {
    const request = generationRequest(params, model, dialect, refused)
    const attempt = new Attempt(options)
    try {
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      await generate({
        client,
        request,
        generation: attempt.generation,
        clock,
        idleMs: options.idleMs,
        onDelta: attempt.onDelta,
        signal,
      })
      return attempt.complete()
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error
      const option = refusedOption(error, request)
      if (option !== null) {
        refused.add(option)
        continue
      }
      attempts++
      const canRetry = error.isPassing && !attempt.hasText && attempts < MAX_ATTEMPTS
      // oxlint-disable-next-line no-await-in-loop -- it ends here
      if (!canRetry) throw await finalFailure(error, request, attempt.hasText, options)
      options.onPause(jobFailureOf(error, request))
      const pauseMs = FIRST_PAUSE_MS * 2 ** (attempts - 1)
      // oxlint-disable-next-line no-await-in-loop -- one attempt after another
      await clock.sleep((error.details.retryAfterMs ?? 0) + pauseMs / 2 + (random() * pauseMs) / 2, signal)
      signal.throwIfAborted()
      options.onPause(null)
    }
  }
}

/** What to tell the sender of the job; the watch is told what concerns other jobs too. */
async function finalFailure(
  failure: ServerFailure,
  request: GenerationRequest,
  hasText: boolean,
  { watch, model }: GenerateWithRetriesOptions,
): Promise<JobFailureError> {
  const { kind } = failure.details
  if ((kind === 'unreachable' && !hasText) || kind === 'unauthorized' || kind === 'redirect') watch.reportFailure(failure)
  if (kind === 'missing') {
    // It may be the path or the model that is not there.
    await watch.look()
    const isGone = watch.server?.models.every(({ name }) => name !== model) ?? false
    if (isGone) {
      return new JobFailureError('E_INPUT', `the language-model server of this miner no longer has ${model}`, { cause: failure })
    }
  }
  return jobFailureOf(failure, request)
}

/** The state of one request: its text so far, and when it came. */
class Attempt {
  readonly generation: Generation
  readonly #clock: Clock
  readonly #relay: TokenRelay
  readonly #startMs: number
  #firstTextMs: number | null = null

  constructor({ clock, params, maxOutputBytes, onProgress }: GenerateWithRetriesOptions) {
    this.generation = new Generation(maxOutputBytes, params.max_tokens)
    this.#clock = clock
    this.#relay = new TokenRelay(clock, onProgress)
    this.#startMs = clock.monotonicMs()
  }

  get hasText(): boolean {
    return this.#firstTextMs !== null
  }

  readonly onDelta = ({ text }: { readonly text: string }): void => {
    if (text === '') return
    this.#firstTextMs ??= this.#clock.monotonicMs()
    this.#relay.push(text)
  }

  complete(): Timed {
    const generated = this.generation.complete()
    this.#relay.flush()
    return {
      generated,
      firstTokenMs: this.#firstTextMs === null ? null : this.#firstTextMs - this.#startMs,
      totalMs: this.#clock.monotonicMs() - this.#startMs,
    }
  }
}
