import { JobFailureError } from '../../domain/failure-codes.ts'
import type { Scheduler } from './schedulers/scheduler.ts'

export interface Denoising {
  readonly scheduler: Scheduler
  /** What the network predicts for `latents · scale` at a timestep. */
  readonly predict: (latents: Float32Array, scale: number, timestep: number) => Promise<Float32Array>
  /** Standard normal noise at first, the clean latents at last. */
  readonly latents: Float32Array
  readonly signal: AbortSignal
  /** Told after each step, with the latents as they are then. */
  readonly onStep: (done: number) => void
}

/**
 * Leads latents from noise to a picture, in place. Rejects with the signal's reason between two steps, and with `E_ENGINE` when
 * the latents become something that is no finite number: such a picture would be black, and no work.
 */
export async function denoise({ scheduler, predict, latents, signal, onStep }: Denoising): Promise<void> {
  for (const [i, value] of latents.entries()) latents[i] = value * scheduler.initialNoiseScale
  const total = scheduler.timesteps.length
  for (const [step, timestep] of scheduler.timesteps.entries()) {
    signal.throwIfAborted()
    scheduler.step(step, latents, await predict(latents, scheduler.inputScale(step), timestep))
    if (!latents.every(Number.isFinite)) {
      throw new JobFailureError(
        'E_ENGINE',
        `step ${step + 1} of ${total} gave values that are no finite numbers: use a smaller guidance_scale or another model`,
      )
    }
    onStep(step + 1)
  }
}
