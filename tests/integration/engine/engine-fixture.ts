import { mkdtemp, rm } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { embeddedModels } from '../../support/embedded-models.ts'
import { coreJob } from '../../support/sample-jobs.ts'
import { PLAIN_MACHINE, SILENT } from '../../support/test-machine.ts'
import type { JobProgress, RunLimits, RunRequest, RunResult } from '../../../src/domain/engine.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { JobFailure } from '../../../src/domain/failure-codes.ts'
import { childEntry } from '../../../src/engine/child-command.ts'
import { EnginePool } from '../../../src/engine/engine-pool.ts'
import type { EnginePoolDeps } from '../../../src/engine/engine-pool.ts'
import { groupMembers } from '../../support/group-members.ts'
import type { SandboxSettings } from '../../../src/engine/sandbox/sandboxed-command.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'

/** The path of an engine of tests/fixtures/engines. */
export function fixtureEngine(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/engines/${name}.ts`, import.meta.url))
}

export interface PoolOptions extends Partial<Omit<EnginePoolDeps, 'spawn'>> {
  readonly entry?: string
  readonly startTimeoutMs?: number
  /** The one that holds the real engines where it is left out; none for a fixture. */
  readonly sandbox?: SandboxSettings
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/** Longer than any test may take: on a busy machine an engine is slow without being at fault. */
const GENEROUS_S = 600

/** Kept between runs: to compile the shaders of llama.cpp for a card in software takes minutes. */
const CACHE = join(homedir(), '.cache', 'aitbc-miner', 'engine-cache')

/** As strict as the daemon's, but for the folder of all temporary files, in which tests have their models and jobs. */
function testSandbox(): SandboxSettings {
  const models = fileURLToPath(new URL('../../../models', import.meta.url))
  return { isRequired: false, read: [models, tmpdir()], workRoot: tmpdir(), cacheDir: CACHE, maxFileBytes: 2 ** 28 }
}

/** A pool that is stopped with the test; it fails the test that leaves a process of its group behind. */
export async function enginePool({
  entry,
  startTimeoutMs,
  environment,
  sandbox,
  ...deps
}: PoolOptions = {}): Promise<EnginePool> {
  const pool = new EnginePool({
    ...PLAIN_MACHINE,
    logger: SILENT,
    clock: new SystemClock(),
    models: await embeddedModels(),
    inputs: { fetchAll: () => Promise.resolve([]) },
    spawn: {
      execPath: process.execPath,
      entry: entry ?? childEntry(),
      environment: environment ?? { PATH: process.env['PATH'] },
      startTimeoutMs: startTimeoutMs ?? GENEROUS_S * 1000,
      sandbox: sandbox ?? (entry === undefined ? testSandbox() : null),
    },
    parallelRuns: 4,
    idleMs: 60_000,
    cancelGraceMs: 200,
    silenceMs: 60_000,
    ...deps,
  })
  onTestFinished(async () => {
    const pids = pool.status().flatMap(({ pid }) => (pid === null ? [] : [pid]))
    await pool.stop()
    const left = pids.flatMap(groupMembers)
    if (left.length > 0) throw new Error(`processes left behind: ${left.join(', ')}`)
  })
  return pool
}

export interface RequestOptions {
  readonly limits?: Partial<RunLimits>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: JobProgress) => void
}

/** A request with generous limits and a folder that goes with the test. */
export async function runRequest(workload: string, params: unknown, options: RequestOptions = {}): Promise<RunRequest> {
  const workDir = await mkdtemp(join(tmpdir(), 'aitbc-engine-'))
  onTestFinished(() => rm(workDir, { recursive: true, force: true }))
  return {
    job: coreJob('job_1', { workload, params }),
    workDir,
    limits: { maxRuntimeS: GENEROUS_S, ramMb: null, vramMb: null, maxOutputBytes: 1_000_000, ...options.limits },
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => {}),
  }
}

/** An llm_gen request whose seed is a command to a fixture engine. */
export function command(seed: number, options?: RequestOptions): Promise<RunRequest> {
  return runRequest('llm_gen', { prompt: 'command', seed }, options)
}

/** The same for the engine that takes one run at a time. */
export function benchCommand(seed: number, options?: RequestOptions): Promise<RunRequest> {
  return runRequest('torch_bench', { size: 1, iterations: 1, seed }, options)
}

/** The failure that a run ends with; throws when it ends well or with another error. */
export async function failureOf(run: Promise<RunResult>): Promise<JobFailure> {
  const ended: unknown = await run.then(
    (result) => result,
    (error: unknown) => error,
  )
  if (ended instanceof JobFailureError) return ended.failure
  throw new Error('the run did not end with a job failure', { cause: ended })
}

/** The output's JSON. */
export function outputOf({ output }: RunResult): unknown {
  if (output.bytes.kind !== 'memory') throw new Error('the output is in a file')
  return JSON.parse(Buffer.from(output.bytes.data).toString('utf8'))
}

/** A promise for the first progress, and the callback that keeps it. */
export function firstProgress(): { readonly seen: Promise<JobProgress>; readonly onProgress: (progress: JobProgress) => void } {
  const { promise, resolve } = Promise.withResolvers<JobProgress>()
  return { seen: promise, onProgress: resolve }
}
