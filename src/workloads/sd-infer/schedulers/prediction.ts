import type { PredictionType } from './scheduler-config.ts'

/** A linear form in a sample and what the network says of it. */
export interface Combination {
  readonly ofSample: number
  readonly ofOutput: number
}

/**
 * How the clean sample follows from a noisy one, `sample = signal · clean + noise · epsilon` with signal² + noise² = 1, and the network's
 * output. The velocity is `signal · epsilon - noise · clean`.
 */
export function cleanSample(type: PredictionType, signal: number, noise: number): Combination {
  switch (type) {
    case 'epsilon':
      return { ofSample: 1 / signal, ofOutput: -noise / signal }
    case 'v_prediction':
      return { ofSample: signal, ofOutput: -noise }
    case 'sample':
      return { ofSample: 0, ofOutput: 1 }
    default:
      return type satisfies never
  }
}

/** How the noise in the sample follows from the same. */
export function noiseIn(type: PredictionType, signal: number, noise: number): Combination {
  switch (type) {
    case 'epsilon':
      return { ofSample: 0, ofOutput: 1 }
    case 'v_prediction':
      return { ofSample: noise, ofOutput: signal }
    case 'sample':
      return { ofSample: 1 / noise, ofOutput: -signal / noise }
    default:
      return type satisfies never
  }
}

/** `cleanSample` for samples that are scaled by 1 / signal, `clean + sigma · epsilon`: as Karras et al. (arXiv:2206.00364) write them. */
export function cleanSampleAtSigma(type: PredictionType, sigma: number): Combination {
  const signal = 1 / Math.sqrt(sigma * sigma + 1)
  const { ofSample, ofOutput } = cleanSample(type, signal, sigma * signal)
  return { ofSample: ofSample * signal, ofOutput }
}
