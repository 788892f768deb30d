import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MinerConfig } from '../config/miner-config.ts'
import type { Gpu } from '../domain/gpu.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import { GpuInspector } from '../hardware/gpu-inspector.ts'
import { GpuMonitor } from '../hardware/gpu-monitor.ts'
import { silentLogger } from '../platform/silent-logger.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { BENCHMARKS, measureBenchmark } from './benchmark.ts'
import type { Benchmark } from './benchmark.ts'
import { writeBenchResults } from './bench-results.ts'
import { MachineGpus } from './machine-gpus.ts'
import { openModelStore } from './open-model-store.ts'
import { scratchEngine, scratchFolders } from './scratch-engine.ts'

export interface RunBenchmarksOptions {
  readonly config: MinerConfig
  readonly version: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Told before each measurement. */
  readonly onStep: (text: string) => void
}

/** Part of the stable output of `aitbc-miner bench --json`. */
export interface BenchReport {
  readonly measuredAt: string
  readonly rows: readonly BenchRow[]
  /** Where the figures are kept; null when that could not be. */
  readonly file: string | null
}

export interface BenchRow {
  readonly device: string
  /** What the engine computed with; null when it did not come so far. */
  readonly backend: string | null
  readonly workload: string
  readonly name: string
  readonly what: string
  readonly unit: string
  readonly figure: number | null
  /** Why there is no figure. */
  readonly failure: string | null
}

const JOBS_AT_A_TIME = Math.max(...BENCHMARKS.map(({ jobs }) => jobs))

/** Measures every workload that the configuration offers, on the processor and on each GPU; keeps the figures in STATE_DIR. */
export async function runBenchmarks({ config, version, environment, onStep }: RunBenchmarksOptions): Promise<BenchReport> {
  const clock = new SystemClock()
  const monitor = new GpuMonitor({ source: new GpuInspector({ environment }), clock, logger: silentLogger() })
  const { signal } = new AbortController()
  if (config.accelMode !== 'cpu') await monitor.probe(signal)
  const machine = new MachineGpus({
    monitor,
    accelMode: config.accelMode,
    devices: config.gpuDevices,
    clock,
    logger: silentLogger(),
  })
  const scratchDir = await mkdtemp(join(tmpdir(), 'aitbc-bench-'))
  const rows: BenchRow[] = []
  try {
    for (const gpu of [null, ...machine.usable()]) {
      rows.push(...(await benchDevice(gpu, { config, version, environment, machine, scratchDir, clock, signal, onStep })))
    }
  } finally {
    await rm(scratchDir, { recursive: true, force: true })
  }
  const measuredAt = new Date(clock.nowMs()).toISOString()
  return { measuredAt, rows, file: keep(config.stateDir, measuredAt, rows) }
}

interface BenchDeviceDeps extends RunBenchmarksOptions {
  readonly machine: MachineGpus
  readonly scratchDir: string
  readonly clock: SystemClock
  readonly signal: AbortSignal
}

async function benchDevice(gpu: Gpu | null, deps: BenchDeviceDeps): Promise<BenchRow[]> {
  const { config, version, environment, machine, scratchDir, clock, signal, onStep } = deps
  const store = await openModelStore({ config, version, clock, logger: silentLogger() })
  const engine = scratchEngine({
    config: { ...config, maxConcurrency: JOBS_AT_A_TIME },
    environment,
    models: store.models,
    inputs: store.inputs,
    gpu,
    freeVramMb: (card, until) => machine.freeVramMb(card, until),
    folders: scratchFolders(scratchDir, config.modelDir, store.catalogue),
    clock,
    logger: silentLogger(),
  })
  const device = gpu === null ? 'cpu' : `gpu${gpu.index}`
  const rows: BenchRow[] = []
  try {
    for (const benchmark of BENCHMARKS.filter(({ workload }) => engine.workloads.includes(workload))) {
      onStep(`measuring ${benchmark.workload} on ${gpu === null ? 'the CPU' : gpu.name}: ${benchmark.what} …`)
      rows.push(await rowOf(benchmark, device, () => measureBenchmark(benchmark, { engine, scratchDir, clock, signal })))
      const last = rows.at(-1)
      const backend = engine.status().find(({ state }) => state === 'ready')?.backend ?? null
      if (last !== undefined) rows[rows.length - 1] = { ...last, backend }
    }
  } finally {
    await engine.stop()
  }
  return rows
}

async function rowOf(benchmark: Benchmark, device: string, measure: () => Promise<number>): Promise<BenchRow> {
  const { name, workload, what, unit } = benchmark
  const row = { device, backend: null, workload, name, what, unit }
  try {
    return { ...row, figure: await measure(), failure: null }
  } catch (error) {
    if (!(error instanceof JobFailureError)) throw error
    return { ...row, figure: null, failure: `${error.failure.code}: ${error.failure.message}` }
  }
}

function keep(stateDir: string, measuredAt: string, rows: readonly BenchRow[]): string | null {
  const devices: Record<string, Record<string, number>> = {}
  for (const { device, name, figure } of rows) {
    if (figure === null || !Number.isFinite(figure)) continue
    devices[device] = { ...devices[device], [name]: figure }
  }
  try {
    writeBenchResults(stateDir, { measuredAt, devices })
    return join(stateDir, 'bench.json')
  } catch {
    return null
  }
}
