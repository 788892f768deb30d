/** The devices that a run uses. */
export interface MeteredDevices {
  /** Indices of the GPUs. */
  readonly gpuIndices: readonly number[]
  /** Whether it computes on the CPU. */
  readonly withCpu: boolean
}

/** Measures the energy of runs. */
export interface EnergyMeasure {
  /** A run begins; `stop` gives its joules, null when they could not be measured all the time. */
  start(devices: MeteredDevices): { stop(): number | null }
}
