import type { Engine, EngineStatus, RunRequest, RunResult } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock, Logger, Random } from '../domain/ports.ts'
import type { LlmGenParams } from '../workloads/llm-gen/schema.ts'
import { chooseModel } from './choose-model.ts'
import { generateWithRetries } from './generate-with-retries.ts'
import { checkJson, environmentOf, metricsOf } from './run-facts.ts'
import { LlmServerClient } from './llm-server-client.ts'
import { jobOutput } from './job-output.ts'
import type { ServerModel } from './model-list.ts'
import { readParams } from './read-params.ts'
import { RequestGate } from './request-gate.ts'
import { ServerWatch } from './server-watch.ts'
import type { ReadyServer } from './server-watch.ts'
import { withTimeLimit } from './time-limit.ts'

export interface LlmServerEngineDeps {
  /** Up to but without `/v1`. */
  readonly url: URL
  readonly apiKey: { reveal(): string } | null
  /** Requests to the server at a time; further jobs wait. */
  readonly concurrency: number
  /** What the server computes on, as its operator says: the API does not tell. */
  readonly mode: 'gpu' | 'cpu'
  readonly maxPromptBytes: number
  readonly userAgent: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** The longest silence within an answer. @default 60_000 */
  readonly idleMs?: number
}

const WORKLOAD = 'llm_gen'
const DEFAULT_IDLE_MS = 60_000

/**
 * Runs `llm_gen` on a language-model server that the operator has: anything with the API of OpenAI. The workload is offered while
 * the server is there and has a model; that it is away is no failure of the miner.
 */
export class LlmServerEngine implements Engine {
  readonly #deps: LlmServerEngineDeps
  readonly #client: LlmServerClient
  readonly #watch: ServerWatch
  readonly #gate: RequestGate
  /** Parts of requests that the server does not take and that can be left out. */
  readonly #refused = new Set<string>()
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<unknown>>()

  constructor(deps: LlmServerEngineDeps) {
    this.#deps = deps
    const { url, apiKey, concurrency, userAgent, clock, random, logger } = deps
    // One more, so that a look at the server does not wait for the texts.
    this.#client = new LlmServerClient({ url, apiKey, maxConnections: concurrency + 1, userAgent, clock })
    this.#watch = new ServerWatch({ client: this.#client, clock, random, logger })
    this.#gate = new RequestGate(concurrency)
  }

  /** `llm_gen` while the server is there, else none. */
  get workloads(): readonly string[] {
    return this.isAvailable ? [WORKLOAD] : []
  }

  get isAvailable(): boolean {
    return this.#watch.server !== null
  }

  /** What the server offers now. */
  models(): readonly ServerModel[] {
    return this.#watch.server?.models ?? []
  }

  /** Told when the server comes, goes, or has other models. Returns the function that ends it. */
  onChange(listener: () => void): () => void {
    return this.#watch.onChange(listener)
  }

  /** Looks for the server, and keeps looking. Resolves after the first look, whatever it saw. */
  async start(): Promise<void> {
    await this.#watch.start()
  }

  async run(request: RunRequest): Promise<RunResult> {
    const { job, signal } = request
    if (job.workload !== WORKLOAD) {
      throw new JobFailureError('E_UNSUPPORTED', `a language-model server runs ${WORKLOAD}, not ${job.workload}`)
    }
    const params = readParams(job.params, this.#deps.maxPromptBytes)
    const ending = new AbortController()
    const onCancel = (): void => ending.abort(canceled(signal.reason))
    const onStop = (): void => ending.abort(new JobFailureError('E_SHUTDOWN', 'the miner stopped during the job'))
    if (signal.aborted) throw canceled(signal.reason)
    if (this.#stopping.signal.aborted) throw new JobFailureError('E_SHUTDOWN', 'the miner stopped before the job was begun')
    signal.addEventListener('abort', onCancel, { once: true })
    this.#stopping.signal.addEventListener('abort', onStop, { once: true })
    const running = this.#admit(request, params, ending.signal)
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
      signal.removeEventListener('abort', onCancel)
      this.#stopping.signal.removeEventListener('abort', onStop)
    }
  }

  status(): EngineStatus[] {
    const { server, state } = this.#watch
    const version = server?.identity.version ?? null
    return [
      {
        engine: 'llm-server',
        device: null,
        state: this.#stopping.signal.aborted ? 'stopped' : state === 'away' ? 'backoff' : state,
        pid: null,
        activeRuns: this.#gate.inside,
        restarts: 0,
        rssMb: null,
        sandbox: null,
        version: server === null ? null : server.dialect.name + (version === null ? '' : ` ${version}`),
        backend: 'http',
      },
    ]
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.allSettled([...this.#running, this.#watch.stop()])
    await this.#client.close()
  }

  /** Waits for a place, then runs within the job's time. */
  async #admit(request: RunRequest, params: LlmGenParams, signal: AbortSignal): Promise<RunResult> {
    const { clock } = this.#deps
    const { maxRuntimeS } = request.limits
    const ms = maxRuntimeS * 1000
    const notFree = (): Error =>
      new JobFailureError('E_ENGINE', `the language-model server was not free for this job within ${maxRuntimeS} s`)
    const leave = await withTimeLimit({ ms, clock, signal, cause: notFree }, (limited) => this.#gate.enter(limited))
    // A job whose time passes while the server is busy has not run too long.
    let pausedBy: JobFailureError | null = null
    const onPause = (failure: JobFailureError | null): void => {
      pausedBy = failure
    }
    const tooLong = (): Error =>
      pausedBy ?? new JobFailureError('E_TIMEOUT', `the job ran longer than its limit of ${maxRuntimeS} s`)
    try {
      return await withTimeLimit({ ms, clock, signal, cause: tooLong }, (limited) =>
        this.#execute(request, params, onPause, limited),
      )
    } finally {
      leave()
    }
  }

  async #execute(
    request: RunRequest,
    params: LlmGenParams,
    onPause: (failure: JobFailureError | null) => void,
    signal: AbortSignal,
  ): Promise<RunResult> {
    const { job, limits, workDir, onProgress } = request
    const { clock, random, mode, idleMs = DEFAULT_IDLE_MS } = this.#deps
    const { server, model } = await this.#serverWith(job.model, params.model ?? null)
    const timed = await generateWithRetries({
      client: this.#client,
      watch: this.#watch,
      params,
      model: model.name,
      dialect: server.dialect,
      refused: this.#refused,
      maxOutputBytes: limits.maxOutputBytes,
      idleMs,
      clock,
      random,
      onProgress,
      onPause,
      signal,
    })
    if (params.json_schema !== undefined) checkJson(timed.generated)
    return {
      mode,
      output: await jobOutput(timed.generated, workDir, limits.maxOutputBytes),
      metrics: metricsOf(timed),
      environment: environmentOf(server, model),
    }
  }

  /** The server and its model; looks again when there is none, since one may have come since the last look. */
  async #serverWith(
    ref: RunRequest['job']['model'],
    wanted: string | null,
  ): Promise<{ readonly server: ReadyServer; readonly model: ServerModel }> {
    const known = this.#watch.server
    if (known !== null) {
      try {
        return { server: known, model: chooseModel(ref, wanted, known) }
      } catch {
        // Asked again below, with what the server has now.
      }
    }
    await this.#watch.look()
    const { server } = this.#watch
    if (server === null) throw new JobFailureError('E_ENGINE', 'the language-model server of this miner is away')
    return { server, model: chooseModel(ref, wanted, server) }
  }
}

function canceled(reason: unknown): JobFailureError {
  return reason instanceof JobFailureError ? reason : new JobFailureError('E_CANCELED', 'the job was canceled', { cause: reason })
}
