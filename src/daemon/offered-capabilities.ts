import type { MinerConfig } from '../config/miner-config.ts'
import type { Capabilities } from '../domain/coordinator.ts'
import type { Hardware } from '../hardware/probe-hardware.ts'
import { bestFigures, readBenchResults } from './bench-results.ts'
import type { MachineGpus } from './machine-gpus.ts'

export interface OfferedCapabilitiesDeps {
  readonly config: MinerConfig
  readonly version: string
  readonly publicKey: string
  readonly hardware: Pick<Hardware, 'cpu' | 'ramMb'>
  readonly gpus: MachineGpus
  readonly hasGpu: () => boolean
  readonly concurrency: number
  readonly workloads: () => readonly string[]
  readonly models: () => Capabilities['models']
}

/** What this miner offers at this moment; GPUs, models and figures come and go. */
export function offeredCapabilities(deps: OfferedCapabilitiesDeps): Capabilities {
  const { config, version, publicKey, hardware, gpus } = deps
  const offered = gpus.offered()
  const bench = readBenchResults(config.stateDir)
  return {
    minerId: config.minerId,
    mode: deps.hasGpu() ? 'gpu' : 'cpu',
    hasGpu: deps.hasGpu(),
    concurrency: deps.concurrency,
    workloads: deps.workloads(),
    limits: {
      vramMb: leastOf(largest(offered.map(({ vramMb }) => vramMb)), config.maxVramMb),
      ramMb: Math.min(hardware.ramMb, config.maxRamMb ?? hardware.ramMb),
      maxRuntimeS: config.maxRuntimeS,
      maxOutputBytes: config.maxOutputBytes,
    },
    version,
    cpu: hardware.cpu,
    gpus: offered,
    models: deps.models(),
    bench: bench === null ? {} : bestFigures(bench),
    publicKey,
  }
}

/** Of one card: a job runs on one. */
function largest(sizes: readonly (number | null)[]): number | null {
  const known = sizes.filter((size) => size !== null)
  return known.length === 0 ? null : Math.max(...known)
}

function leastOf(a: number | null, b: number | null): number | null {
  return a === null || b === null ? a : Math.min(a, b)
}
