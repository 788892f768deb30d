import type { SchedulerConfig } from './scheduler-config.ts'

/** Largest beta of the cosine schedule. */
const MAX_COSINE_BETA = 0.999

/**
 * The share of signal power that is left at each training timestep: the running product of 1 - beta (Ho, Jain and Abbeel,
 * arXiv:2006.11239; `alphas_cumprod` of diffusers). With `rescale_betas_zero_snr` the last is zero (Lin et al.,
 * arXiv:2305.08891).
 */
export function signalPower(config: SchedulerConfig): Float64Array {
  const power = Float64Array.from(betas(config))
  let product = 1
  for (const [t, beta] of power.entries()) {
    product *= 1 - beta
    power[t] = product
  }
  return config.rescale_betas_zero_snr ? withZeroTerminal(power) : power
}

function betas({ trained_betas, beta_schedule, beta_start, beta_end, num_train_timesteps: count }: SchedulerConfig): number[] {
  if (trained_betas != null) return trained_betas
  switch (beta_schedule) {
    case 'linear':
      return linspace(beta_start, beta_end, count)
    case 'scaled_linear':
      return linspace(Math.sqrt(beta_start), Math.sqrt(beta_end), count).map((root) => root * root)
    case 'squaredcos_cap_v2':
      // Nichol and Dhariwal, arXiv:2102.09672.
      return Array.from({ length: count }, (_, t) =>
        Math.min(1 - cosinePower((t + 1) / count) / cosinePower(t / count), MAX_COSINE_BETA),
      )
    default:
      return beta_schedule satisfies never
  }
}

function cosinePower(time: number): number {
  return Math.cos((((time + 0.008) / 1.008) * Math.PI) / 2) ** 2
}

/** Shifts the roots so that the last is zero, and scales them so that the first stays. */
function withZeroTerminal(power: Float64Array): Float64Array {
  const first = Math.sqrt(power[0] ?? 1)
  const last = Math.sqrt(power.at(-1) ?? 0)
  return power.map((value) => (((Math.sqrt(value) - last) * first) / (first - last)) ** 2)
}

/** `count` values from `start` to `end`, both included. One value is `start`. */
export function linspace(start: number, end: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => (count === 1 ? start : start + ((end - start) * index) / (count - 1)))
}
