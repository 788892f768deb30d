import { cleanSample } from './prediction.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler } from './scheduler.ts'
import { finalSigma, karrasSigmas, sigmaAt, timestepAt, trainingSigmas } from './sigma-schedule.ts'
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts'

/** Below this many steps the last one is of first order for stability's sake. */
const FEW_STEPS = 15

/**
 * DPM-Solver++(2M): Lu et al., arXiv:2211.01095, algorithm 2; `DPMSolverMultistepScheduler` of diffusers with
 * `dpmsolver++`, order 2, `midpoint`, and the first and (for few steps, or at the end of all noise) the last step of first order.
 */
export class DpmSolver implements Scheduler {
  readonly timesteps: readonly number[]
  readonly initialNoiseScale = 1
  /** Noise over signal, one more than there are steps. */
  readonly sigmas: readonly number[]
  readonly #config: SchedulerConfig
  #lastClean = new Float32Array()

  constructor(config: SchedulerConfig, steps: number) {
    const training = trainingSigmas(config)
    this.#config = config
    if (config.use_karras_sigmas === true) {
      const sigmas = karrasSigmas(training.at(-1) ?? 0, training[0] ?? 0, steps)
      const timesteps = sigmas.map((sigma) => timestepAt(training, sigma))
      this.timesteps = config.beta_schedule === 'squaredcos_cap_v2' ? timesteps : timesteps.map(roundHalfToEven)
      this.sigmas = [...sigmas, finalSigma(config, training)]
    } else {
      this.timesteps = timestepsOf(config, steps)
      this.sigmas = [...this.timesteps.map((timestep) => sigmaAt(training, timestep)), finalSigma(config, training)]
    }
  }

  inputScale(): number {
    return 1
  }

  step(step: number, sample: Float32Array, output: Float32Array): void {
    const from = levelsAt(this.sigmas[step] ?? 0)
    const to = levelsAt(this.sigmas[step + 1] ?? 0)
    const { ofSample, ofOutput } = cleanSample(this.#config.prediction_type, from.signal, from.noise)
    const sampleFactor = to.noise / from.noise
    // At the end of all noise the span is infinite and this is the signal alone.
    const cleanFactor = -to.signal * Math.expm1(from.logSnr - to.logSnr)
    const slope = this.#slope(step, from.logSnr, to.logSnr)

    if (this.#lastClean.length !== sample.length) this.#lastClean = new Float32Array(sample.length)
    const lastClean = this.#lastClean
    for (let i = 0; i < sample.length; i++) {
      const x = sample[i] ?? 0
      const found = ofSample * x + ofOutput * (output[i] ?? 0)
      sample[i] = sampleFactor * x + cleanFactor * (found + slope * (found - (lastClean[i] ?? 0)))
      lastClean[i] = found
    }
  }

  /** How much of the change since the last step's clean sample is taken on: 1 / 2r of the paper; 0 is first order. */
  #slope(step: number, logSnrFrom: number, logSnrTo: number): number {
    const steps = this.timesteps.length
    const endsOnZero = (this.sigmas.at(-1) ?? 0) === 0
    if (step === 0 || (step === steps - 1 && (steps < FEW_STEPS || endsOnZero))) return 0
    const span = logSnrFrom - levelsAt(this.sigmas[step - 1] ?? 0).logSnr
    // Many steps on a coarse schedule may stand on one timestep twice.
    return span > 0 ? (logSnrTo - logSnrFrom) / span / 2 : 0
  }
}

/** Not those of `spacedTimesteps` alone: the run is laid out with one step more, and the last one left out. */
function timestepsOf(config: SchedulerConfig, steps: number): number[] {
  const { num_train_timesteps: trainTimesteps, steps_offset: stepsOffset } = config
  const spacing = config.timestep_spacing ?? 'linspace'
  if (spacing === 'trailing') return spacedTimesteps({ spacing, steps, trainTimesteps, stepsOffset })
  return spacedTimesteps({ spacing, steps: steps + 1, trainTimesteps, stepsOffset })
    .slice(0, -1)
    .map(roundHalfToEven)
}

interface Levels {
  readonly signal: number
  readonly noise: number
  /** Half the logarithm of the signal-to-noise ratio: the paper's lambda. */
  readonly logSnr: number
}

function levelsAt(sigma: number): Levels {
  const signal = 1 / Math.sqrt(sigma * sigma + 1)
  return { signal, noise: sigma * signal, logSnr: -Math.log(sigma) }
}
