import { onTestFinished } from 'vitest'
import type { JobProgress, RunLimits, RunResult } from '../../src/domain/engine.ts'
import { JobFailureError } from '../../src/domain/failure-codes.ts'
import type { JobFailure } from '../../src/domain/failure-codes.ts'
import type { ModelRef } from '../../src/domain/job.ts'
import { LlmServerEngine } from '../../src/llm-server/llm-server-engine.ts'
import { eventually } from './eventually.ts'
import { FakeClock } from './fake-clock.ts'
import { startOpenAiServer } from './openai-server.ts'
import type { OpenAiServer, OpenAiServerOptions } from './openai-server.ts'
import { RecordingLogger } from './recording-logger.ts'
import { sampleJob } from './sample-jobs.ts'
import { tempDir } from './temp-dir.ts'

export interface LlmServerSetup {
  readonly server: OpenAiServer
  readonly engine: LlmServerEngine
  readonly clock: FakeClock
  readonly logger: RecordingLogger
}

export interface SetupOptions extends OpenAiServerOptions {
  readonly concurrency?: number
  /** Sent by the engine; the server may want another. */
  readonly key?: string | null
  /** Server stopped before the engine starts. @default false */
  readonly isAway?: boolean
}

/** A scripted server and a started engine on it, with a clock that stands still. */
export async function setUpLlmServer({
  concurrency = 4,
  key = null,
  isAway = false,
  ...options
}: SetupOptions = {}): Promise<LlmServerSetup> {
  const server = await startOpenAiServer(options)
  const { url } = server
  if (isAway) await server.stop()
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const engine = new LlmServerEngine({
    url,
    apiKey: key === null ? null : { reveal: () => key },
    concurrency,
    mode: 'gpu',
    maxPromptBytes: 1000,
    userAgent: 'aitbc-miner/test',
    clock,
    random: () => 0.5,
    logger,
  })
  onTestFinished(() => engine.stop())
  await engine.start()
  return { server, engine, clock, logger }
}

export interface RunOptions {
  readonly model?: ModelRef | null
  readonly workDir?: string
  readonly limits?: Partial<RunLimits>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: JobProgress) => void
}

/** Runs one `llm_gen` job with these params; the limit of its time is 600 s unless told otherwise. */
export function runJob(engine: LlmServerEngine, params: unknown, options: RunOptions = {}): Promise<RunResult> {
  const { model = null, workDir = tempDir(), limits = {}, signal = new AbortController().signal, onProgress = () => {} } = options
  return engine.run({
    job: sampleJob({ params, model, inputs: [] }),
    workDir,
    limits: { maxRuntimeS: 600, ramMb: null, vramMb: null, maxOutputBytes: 1_000_000, ...limits },
    signal,
    onProgress,
  })
}

/** How a job failed; throws when it did not. */
export async function failureOf(running: Promise<RunResult>): Promise<JobFailure> {
  try {
    await running
  } catch (error) {
    if (error instanceof JobFailureError) return error.failure
    throw error
  }
  throw new Error('the job did not fail')
}

/** The output, which must be in memory, as JSON. */
export function outputOf({ output }: RunResult): unknown {
  if (output.bytes.kind !== 'memory') throw new Error('the output lies in a file')
  return JSON.parse(Buffer.from(output.bytes.data).toString('utf8')) as unknown
}

/** What sleeps while one job pauses before its next attempt: the watch, the job's time limit, the pause. */
const SLEEPERS_IN_PAUSE = 3

/** Waits until a single job pauses before its next attempt, and moves the time past that pause. */
export async function passPause({ clock }: LlmServerSetup, ms: number): Promise<void> {
  await eventually('the job pauses before its next attempt', () => clock.sleeperCount === SLEEPERS_IN_PAUSE)
  await clock.advance(ms)
}

/** Moves the time on, little by little, until something has come about that takes real sockets too. */
export function advanceUntil(description: string, clock: FakeClock, check: () => boolean, stepMs = 500): Promise<void> {
  return eventually(description, async () => {
    if (!check()) await clock.advance(stepMs)
    return check()
  })
}

/** Moves the time on until the promise is settled, and returns it. */
export async function passTime<T>(clock: FakeClock, running: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = (): void => {
    isSettled = true
  }
  void running.then(settle, settle)
  await advanceUntil('it is settled', clock, () => isSettled)
  return running
}
