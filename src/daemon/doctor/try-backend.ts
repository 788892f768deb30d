import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { childCommand, childEntry } from '../../engine/child-command.ts'
import { ChildEndedError, EngineChild } from '../../engine/engine-child.ts'
import type { EngineBackend } from '../../engine/child/engine-settings.ts'
import type { EngineKind } from '../../workloads/workload-table.ts'
import { engineSandbox } from '../engine-sandbox.ts'
import { scratchFolders } from '../scratch-engine.ts'
import type { DoctorContext } from './check.ts'

/** How an engine fared that was started with one back end alone. */
export interface BackendTrial {
  readonly backend: EngineBackend
  /** Of the library; null when it did not load. */
  readonly version: string | null
  /** Why it did not load, on one line; null when it did. */
  readonly failure: string | null
}

export interface BackendQuestion {
  readonly kind: EngineKind
  readonly backend: EngineBackend
  /** Environment that leaves the child one card to see. */
  readonly visibility: Readonly<Record<string, string>>
}

const START_LIMIT_MS = 60_000
const MAX_CHARS = 300

/** Starts the engine's process with this one back end, waits until it says that it is ready, and ends it. Never rejects for its failures. */
export async function tryBackend(
  { kind, backend, visibility }: BackendQuestion,
  { environment, clock, config }: DoctorContext,
  signal: AbortSignal,
): Promise<BackendTrial> {
  const scratchDir = await mkdtemp(join(tmpdir(), 'aitbc-doctor-'))
  const folders = scratchFolders(scratchDir, config.modelDir, [])
  const spawn = {
    execPath: process.execPath,
    entry: childEntry(),
    environment,
    startTimeoutMs: START_LIMIT_MS,
    sandbox: engineSandbox(config, folders),
  }
  const settings = {
    backends: [backend],
    threads: config.engineThreads ?? 0,
    parallelRuns: 1,
    contextTokens: null,
    ramMb: null,
    vramMb: null,
  }
  const child = new EngineChild(childCommand(kind, spawn, settings, visibility), clock)
  const limit = new AbortController()
  const timer = AbortSignal.any([signal, limit.signal])
  try {
    const late = clock.sleep(START_LIMIT_MS, timer).then(() => null)
    const ready = await Promise.race([child.ready, late])
    if (ready === null) return { backend, version: null, failure: `it was not ready after ${START_LIMIT_MS / 1000} s` }
    return { backend, version: `${ready.name} ${ready.version}`, failure: null }
  } catch (error) {
    if (!(error instanceof ChildEndedError)) throw error
    return { backend, version: null, failure: oneLine(error.message) }
  } finally {
    limit.abort()
    await child.shutDown(1_000)
    await rm(scratchDir, { recursive: true, force: true })
  }
}

function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line
}
