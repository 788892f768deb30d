import type { NoiseSource } from '../noise/gaussian-noise.ts'
import { signalPower } from './noise-schedule.ts'
import { cleanSample } from './prediction.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler, SchedulerDeps } from './scheduler.ts'

/** Standard deviation of the data, as the models were trained for. */
const SIGMA_DATA = 0.5

/**
 * Multistep sampling of latent consistency models: Luo et al., arXiv:2310.04378, algorithm 3; `LCMScheduler` of diffusers. Each
 * step goes to the clean sample at once and, but for the last, takes noise again for the next.
 */
export class Lcm implements Scheduler {
  readonly timesteps: readonly number[]
  readonly initialNoiseScale = 1
  readonly #config: SchedulerConfig
  readonly #power: Float64Array
  readonly #noise: NoiseSource
  #fresh = new Float32Array()

  constructor(config: SchedulerConfig, steps: number, { noise }: SchedulerDeps) {
    this.#config = config
    this.#power = signalPower(config)
    this.#noise = noise
    const original = Math.min(config.original_inference_steps, config.num_train_timesteps)
    const stride = Math.floor(config.num_train_timesteps / original)
    this.timesteps = Array.from({ length: steps }, (_, step) => (original - Math.floor(step * (original / steps))) * stride - 1)
  }

  inputScale(): number {
    return 1
  }

  step(step: number, sample: Float32Array, output: Float32Array): void {
    const { prediction_type: type, clip_sample: isClipped, clip_sample_range: range, timestep_scaling } = this.#config
    const timestep = this.timesteps[step] ?? 0
    const power = this.#power[timestep] ?? 1
    const { ofSample, ofOutput } = cleanSample(type, Math.sqrt(power), Math.sqrt(1 - power))
    // Boundary condition: at timestep 0 the sample is its own clean self.
    const scaled = timestep * timestep_scaling
    const skip = SIGMA_DATA ** 2 / (scaled ** 2 + SIGMA_DATA ** 2)
    const out = scaled / Math.sqrt(scaled ** 2 + SIGMA_DATA ** 2)

    const next = this.timesteps[step + 1]
    const nextPower = next === undefined ? 1 : (this.#power[next] ?? 1)
    const signalNext = Math.sqrt(nextPower)
    const noiseNext = Math.sqrt(1 - nextPower)
    if (this.#fresh.length !== sample.length) this.#fresh = new Float32Array(sample.length)
    const fresh = this.#fresh
    if (next !== undefined) this.#noise.write(fresh, step + 1)
    for (let i = 0; i < sample.length; i++) {
      const x = sample[i] ?? 0
      const found = ofSample * x + ofOutput * (output[i] ?? 0)
      const clean = out * (isClipped ? Math.min(Math.max(found, -range), range) : found) + skip * x
      sample[i] = signalNext * clean + noiseNext * (fresh[i] ?? 0)
    }
  }
}
