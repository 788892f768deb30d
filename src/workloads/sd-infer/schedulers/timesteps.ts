import { linspace } from './noise-schedule.ts'
import type { TimestepSpacing } from './scheduler-config.ts'

export interface Spacing {
  readonly spacing: TimestepSpacing
  readonly steps: number
  readonly trainTimesteps: number
  /** Added to all of `leading`. */
  readonly stepsOffset: number
}

/**
 * The timesteps of a run, falling, as diffusers lays them (Lin et al., arXiv:2305.08891, table 2). `linspace` gives fractions, which
 * schedulers that can only stand on whole timesteps round with `roundHalfToEven`.
 */
export function spacedTimesteps({ spacing, steps, trainTimesteps, stepsOffset }: Spacing): number[] {
  switch (spacing) {
    case 'linspace':
      return linspace(0, trainTimesteps - 1, steps).toReversed()
    case 'leading': {
      const stride = Math.floor(trainTimesteps / steps)
      return Array.from({ length: steps }, (_, step) => Math.min((steps - 1 - step) * stride + stepsOffset, trainTimesteps - 1))
    }
    case 'trailing':
      return Array.from({ length: steps }, (_, step) => roundHalfToEven(trainTimesteps - (step * trainTimesteps) / steps) - 1)
    default:
      return spacing satisfies never
  }
}

/** Rounding as NumPy does it. */
export function roundHalfToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
