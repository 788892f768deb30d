import type { JobMetrics } from '../domain/outcome.ts'

/** What the host measured of a run; null is not measured. */
export interface Measured {
  readonly energyJ: number | null
  readonly peakRamMb: number | null
  readonly peakVramMb: number | null
  /** Speed of the run's device in `torch_bench`, in GFLOP/s of float32. */
  readonly deviceGflops: number | null
}

/**
 * The metrics of a run with what the host measured: absent rather than invented.
 *
 * - `tokens_per_kj` = completion tokens ÷ kilojoules
 * - `tokens_per_tflop_s` = tokens a second ÷ the device's TFLOP/s in `torch_bench`: how well the engine uses the device
 */
export function accountRun(metrics: JobMetrics, measured: Measured): JobMetrics {
  const { energyJ, peakRamMb, peakVramMb, deviceGflops } = measured
  const { completion_tokens: tokens, tokens_per_s: rate } = metrics
  const hasEnergy = energyJ !== null && energyJ > 0
  return {
    ...metrics,
    ...(peakRamMb === null ? {} : { peak_ram_mb: Math.round(peakRamMb) }),
    ...(peakVramMb === null ? {} : { peak_vram_mb: Math.round(peakVramMb) }),
    ...(hasEnergy ? { energy_j: rounded(energyJ) } : {}),
    ...(hasEnergy && tokens !== undefined ? { tokens_per_kj: rounded(tokens / (energyJ / 1000)) } : {}),
    ...(rate !== undefined && deviceGflops !== null && deviceGflops > 0
      ? { tokens_per_tflop_s: rounded(rate / (deviceGflops / 1000)) }
      : {}),
  }
}

/** Six digits are more than any of the meters has. */
function rounded(value: number): number {
  return Number(value.toPrecision(6))
}
