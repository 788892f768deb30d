import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MinerConfig } from '../../config/miner-config.ts'
import type { EngineStatus, RunResult } from '../../domain/engine.ts'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { Gpu } from '../../domain/gpu.ts'
import type { EnginePool } from '../../engine/engine-pool.ts'
import { missingLayers } from '../../engine/sandbox/sandbox-text.ts'
import { silentLogger } from '../../platform/silent-logger.ts'
import { openModelStore } from '../open-model-store.ts'
import { scratchEngine, scratchFolders, scratchJob } from '../scratch-engine.ts'
import type { Check, DoctorContext } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'
import { SAMPLE_JOBS } from './sample-jobs.ts'
import type { SampleJob } from './sample-jobs.ts'

const LIMITS = { maxRuntimeS: 120, ramMb: null, vramMb: null, maxOutputBytes: 2 ** 24 } as const

/** Whether each workload gives a result, by a small job with a model that comes with the miner, on the processor and on each card. */
export const ENGINE_CHECK: Check = {
  id: 'engines',
  name: 'engines',
  needs: [],
  limitMs: 420_000,
  run: async (context, signal) => {
    const { machine } = await context.machine.look(signal)
    const scratchDir = await mkdtemp(join(tmpdir(), 'aitbc-doctor-'))
    const findings: Finding[] = []
    try {
      for (const gpu of [null, ...machine.usable()]) findings.push(...(await tryDevice(gpu, scratchDir, context, signal)))
    } finally {
      await rm(scratchDir, { recursive: true, force: true })
    }
    return findings
  },
}

async function tryDevice(gpu: Gpu | null, scratchDir: string, context: DoctorContext, signal: AbortSignal): Promise<Finding[]> {
  const { config, version, environment, clock, machine } = context
  const look = await machine.look(signal)
  const logger = silentLogger()
  // The models that come with the miner are read where they lie; the operator's store is left alone.
  const modelDir = join(scratchDir, 'models')
  const store = await openModelStore({
    config: { ...config, modelDir, modelCatalogue: null },
    version,
    clock,
    logger,
  })
  const engine = scratchEngine({
    config: { ...config, maxConcurrency: 1 },
    environment,
    models: store.models,
    inputs: store.inputs,
    gpu,
    freeVramMb: (card, until) => look.machine.freeVramMb(card, until),
    folders: scratchFolders(scratchDir, modelDir, store.catalogue),
    clock,
    logger,
  })
  const isElsewhere = (workload: string): boolean => workload === 'llm_gen' && config.llmBackend === 'http'
  const wanted = SAMPLE_JOBS.filter(({ workload }) => engine.workloads.includes(workload) && !isElsewhere(workload))
  const findings: Finding[] = []
  try {
    for (const sample of wanted) findings.push(await tryJob(sample, { engine, gpu, scratchDir, context, signal }))
    findings.push(...judgeSandbox(engine.status(), config.engineSandbox, gpu === null ? 'CPU' : `GPU ${gpu.index}`))
  } finally {
    await engine.stop()
  }
  return findings
}

/** What kept the engines from the rest of this machine while they did their jobs; one line when it was the same for all. */
function judgeSandbox(engines: readonly EngineStatus[], mode: MinerConfig['engineSandbox'], device: string): Finding[] {
  const subject = `sandbox, ${device}`
  const layers = new Set(engines.flatMap(({ sandbox }) => (sandbox === null ? [] : [sandbox])))
  if (layers.size > 0 && mode === 'off') {
    return [warning('engines run without one, with all rights of the miner', 'remove ENGINE_SANDBOX=off', subject)]
  }
  return [...layers].map((inForce) =>
    missingLayers(inForce).length === 0
      ? good(`engines are held by ${inForce}`, subject)
      : warning(
          `engines are held by ${inForce} only`,
          'a kernel with Landlock and seccomp holds them better (docs/engine-sandbox.md)',
          subject,
        ),
  )
}

interface Trial {
  readonly engine: EnginePool
  readonly gpu: Gpu | null
  readonly scratchDir: string
  readonly context: DoctorContext
  readonly signal: AbortSignal
}

async function tryJob(sample: SampleJob, { engine, gpu, scratchDir, context, signal }: Trial): Promise<Finding> {
  const { clock, config } = context
  const subject = `${sample.workload}, ${gpu === null ? 'CPU' : `GPU ${gpu.index}`}`
  const workDir = await mkdtemp(join(scratchDir, 'job-'))
  const startedMs = clock.monotonicMs()
  try {
    const result = await engine.run({
      job: scratchJob('doctor', sample.workload, sample.params),
      workDir,
      limits: LIMITS,
      signal: asCancel(signal),
      onProgress: () => {},
    })
    const seconds = ((clock.monotonicMs() - startedMs) / 1000).toFixed(1)
    const what = `${sample.what} in ${seconds} s with ${computedBy(result)}`
    if (gpu === null || result.mode === 'gpu') return good(what, subject)
    return warning(`${what}, not on the GPU`, 'see the lines of the GPU and its back ends', subject)
  } catch (error) {
    if (!(error instanceof JobFailureError)) throw error
    const fault = gpu !== null && config.accelMode === 'auto' ? warning : failed
    return fault(
      `${error.failure.code}: ${error.failure.message}`,
      'see the lines above; if they are good, please report this one',
      subject,
    )
  }
}

/** Cancels runs when the time for all of them is over. */
function asCancel(signal: AbortSignal): AbortSignal {
  const cancel = new AbortController()
  const stop = (): void => cancel.abort(new JobFailureError('E_CANCELED', 'the doctor ran out of time'))
  if (signal.aborted) stop()
  else signal.addEventListener('abort', stop, { once: true })
  return cancel.signal
}

function computedBy({ environment }: RunResult): string {
  return [environment['engine'], environment['version'], environment['backend']].filter((fact) => fact !== undefined).join(' ')
}
