import { linspace, signalPower } from './noise-schedule.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

/** Instead of zero signal, at which sigma would be infinite: diffusers' value, the smallest in float16. */
const LEAST_SIGNAL_POWER = 2 ** -24
/** Of Karras et al., arXiv:2206.00364. */
const KARRAS_RHO = 7

/** Noise levels over signal, `sqrt((1 - power) / power)`, at each training timestep: rising. */
export function trainingSigmas(config: SchedulerConfig): Float64Array {
  return signalPower(config).map((power) => Math.sqrt((1 - power) / Math.max(power, LEAST_SIGNAL_POWER)))
}

/** The sigma at a timestep, linearly between the two whole ones around it. */
export function sigmaAt(sigmas: Float64Array, timestep: number): number {
  const below = Math.min(Math.max(Math.floor(timestep), 0), sigmas.length - 1)
  const low = sigmas[below] ?? 0
  const high = sigmas[Math.min(below + 1, sigmas.length - 1)] ?? low
  return low + (high - low) * (timestep - below)
}

/** The timestep at a sigma, linearly in log sigma: `_sigma_to_t` of diffusers. */
export function timestepAt(sigmas: Float64Array, sigma: number): number {
  const next = sigmas.findIndex((value) => value > sigma)
  if (next === 0) return 0
  if (next === -1) return sigmas.length - 1
  const low = Math.log(sigmas[next - 1] ?? 1)
  const high = Math.log(sigmas[next] ?? 1)
  return next - 1 + (Math.log(sigma) - low) / (high - low)
}

/** Sigmas from `from` down to `to` with steps that shorten towards the end (Karras et al., equation 5). */
export function karrasSigmas(from: number, to: number, steps: number): number[] {
  return linspace(from ** (1 / KARRAS_RHO), to ** (1 / KARRAS_RHO), steps).map((root) => root ** KARRAS_RHO)
}

/** The sigma after the last step. */
export function finalSigma(config: SchedulerConfig, sigmas: Float64Array): number {
  return config.final_sigmas_type === 'zero' ? 0 : (sigmas[0] ?? 0)
}
