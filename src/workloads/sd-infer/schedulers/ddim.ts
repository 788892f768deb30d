import { signalPower } from './noise-schedule.ts'
import { cleanSample, noiseIn } from './prediction.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import type { Scheduler } from './scheduler.ts'
import { roundHalfToEven, spacedTimesteps } from './timesteps.ts'

/** Denoising diffusion implicit models without noise, eta = 0: Song, Meng and Ermon, arXiv:2010.02502, equation 12; `DDIMScheduler` of diffusers. */
export class Ddim implements Scheduler {
  readonly timesteps: readonly number[]
  readonly initialNoiseScale = 1
  readonly #config: SchedulerConfig
  readonly #power: Float64Array
  readonly #stride: number

  constructor(config: SchedulerConfig, steps: number) {
    const { num_train_timesteps: trainTimesteps, steps_offset: stepsOffset } = config
    this.#config = config
    this.#power = signalPower(config)
    this.#stride = Math.floor(trainTimesteps / steps)
    this.timesteps = spacedTimesteps({ spacing: config.timestep_spacing ?? 'leading', steps, trainTimesteps, stepsOffset }).map(
      roundHalfToEven,
    )
  }

  inputScale(): number {
    return 1
  }

  step(step: number, sample: Float32Array, output: Float32Array): void {
    const { prediction_type: type, clip_sample: isClipped, clip_sample_range: range } = this.#config
    const timestep = this.timesteps[step] ?? 0
    const power = this.#power[timestep] ?? 1
    const nextPower = this.#powerAfter(timestep)
    const clean = cleanSample(type, Math.sqrt(power), Math.sqrt(1 - power))
    const noise = noiseIn(type, Math.sqrt(power), Math.sqrt(1 - power))
    const signalNext = Math.sqrt(nextPower)
    const noiseNext = Math.sqrt(1 - nextPower)
    for (let i = 0; i < sample.length; i++) {
      const x = sample[i] ?? 0
      const predicted = output[i] ?? 0
      const found = clean.ofSample * x + clean.ofOutput * predicted
      const kept = isClipped ? Math.min(Math.max(found, -range), range) : found
      sample[i] = signalNext * kept + noiseNext * (noise.ofSample * x + noise.ofOutput * predicted)
    }
  }

  #powerAfter(timestep: number): number {
    const next = timestep - this.#stride
    if (next >= 0) return this.#power[next] ?? 1
    return this.#config.set_alpha_to_one ? 1 : (this.#power[0] ?? 1)
  }
}
