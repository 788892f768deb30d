import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { JobFailureError } from '../../../../src/domain/failure-codes.ts'
import { GaussianNoise } from '../../../../src/workloads/sd-infer/noise/gaussian-noise.ts'
import { schedulerName } from '../../../../src/workloads/sd-infer/schema.ts'
import type { SchedulerName } from '../../../../src/workloads/sd-infer/schema.ts'
import { DpmSolver } from '../../../../src/workloads/sd-infer/schedulers/dpm-solver.ts'
import { Euler } from '../../../../src/workloads/sd-infer/schedulers/euler.ts'
import { makeScheduler } from '../../../../src/workloads/sd-infer/schedulers/make-scheduler.ts'
import type { SchedulerConfig } from '../../../../src/workloads/sd-infer/schedulers/scheduler-config.ts'
import type { Scheduler } from '../../../../src/workloads/sd-infer/schedulers/scheduler.ts'
import { errorOf } from '../../../support/error-of.ts'
import { configWith, DEVIATION, largestError, MEAN, run } from './gaussian-model.ts'

const NAMES = schedulerName.options
const noise = new GaussianNoise(1)

function make(name: SchedulerName, config: SchedulerConfig, steps: number): Scheduler {
  return makeScheduler(name, config, steps, { noise })
}

/** What a solver that ends before sigma is zero errs by there. */
async function flowError(config: SchedulerConfig, scheduler: DpmSolver): Promise<number> {
  const last = scheduler.sigmas.at(-1) ?? 0
  const first = scheduler.sigmas[0] ?? 0
  const start = Float32Array.of(-2, -0.5, 1, 2)
  const ends = await run(config, scheduler, start)
  const errors = ends.map((end, i) => {
    const place = ((start[i] ?? 0) * Math.sqrt(first ** 2 + 1) - MEAN) / spreadAt(first)
    return Math.abs(end * Math.sqrt(last ** 2 + 1) - (MEAN + spreadAt(last) * place))
  })
  return Math.max(...errors)
}

/** Deviation of the data with noise of that sigma. */
function spreadAt(sigma: number): number {
  return Math.sqrt(DEVIATION ** 2 + sigma ** 2)
}

const referenceSchema = z.object({
  generations: z.array(
    z.object({
      scheduler: z.string(),
      steps: z.number(),
      timesteps: z.array(z.number()),
      sigmas: z.array(z.number()).nullable(),
      init_noise_sigma: z.number(),
    }),
  ),
})
const reference = referenceSchema.parse(
  JSON.parse(readFileSync(new URL('../../../fixtures/diffusion/diffusion.json', import.meta.url), 'utf8')),
)

describe('timesteps', () => {
  it.each(reference.generations)(
    'are those of the reference: $scheduler, $steps steps',
    ({ scheduler, steps, timesteps, sigmas, init_noise_sigma }) => {
      const config = configWith({ timestep_spacing: 'leading', steps_offset: 1 })
      const made = make(scheduler === 'DDIM' ? 'ddim' : 'euler', config, steps)
      expect(made.timesteps).toEqual(timesteps)
      expect(made.initialNoiseScale).toBeCloseTo(init_noise_sigma, 5)
      for (const [i, sigma] of sigmas?.entries() ?? []) expect(new Euler(config, steps).sigmas[i]).toBeCloseTo(sigma, 5)
    },
  )

  it.each([
    ['ddim', 'leading', 4, [751, 501, 251, 1]],
    ['ddim', 'linspace', 4, [999, 666, 333, 0]],
    ['ddim', 'trailing', 4, [999, 749, 499, 249]],
    ['ddim', 'trailing', 3, [999, 666, 332]],
    ['euler', 'linspace', 5, [999, 749.25, 499.5, 249.75, 0]],
    ['euler_a', 'trailing', 1, [999]],
    ['dpmpp_2m', 'linspace', 4, [999, 749, 500, 250]],
    ['dpmpp_2m', 'leading', 4, [801, 601, 401, 201]],
    ['dpmpp_2m', 'trailing', 4, [999, 749, 499, 249]],
    ['lcm', 'leading', 4, [999, 759, 499, 259]],
    ['lcm', 'leading', 8, [999, 879, 759, 639, 499, 379, 259, 139]],
  ] as const)('%s spaces them as %s does: %i steps', (name, timestep_spacing, steps, timesteps) => {
    expect(make(name, configWith({ timestep_spacing }), steps).timesteps).toEqual(timesteps)
  })

  it('are spaced by the habit of each scheduler where the model has none', () => {
    const first = Object.fromEntries(NAMES.map((name) => [name, make(name, configWith(), 10).timesteps[0]]))
    expect(first).toEqual({ ddim: 901, euler: 999, euler_a: 999, dpmpp_2m: 999, lcm: 999 })
  })

  it.each(['leading', 'linspace', 'trailing'] as const)(
    'fall and stay in the schedule for any number of steps, %s',
    (timestep_spacing) => {
      for (const name of NAMES) {
        for (const steps of [1, 2, 7, 50, 333, 600, 999, 1000]) {
          if (name === 'lcm' && steps > 50) continue
          const { timesteps } = make(name, configWith({ timestep_spacing }), steps)
          expect(timesteps).toHaveLength(steps)
          expect(timesteps.every((timestep, i) => i === 0 || timestep <= (timesteps[i - 1] ?? 0))).toBe(true)
          expect(Math.min(...timesteps)).toBeGreaterThanOrEqual(0)
          expect(Math.max(...timesteps)).toBeLessThanOrEqual(999)
        }
      }
    },
  )
})

describe('on data whose perfect network is known', () => {
  it.each(['ddim', 'euler', 'dpmpp_2m'] as const)('%s comes to where the probability flow leads', async (name) => {
    expect(await largestError(configWith(), make(name, configWith(), 500))).toBeLessThan(0.02)
  })

  it.each([
    ['ddim', 1],
    ['euler', 1],
  ] as const)('%s is of order %i: half the step, half the error', async (name, order) => {
    const config = configWith({ timestep_spacing: 'trailing' })
    const ratio = (await largestError(config, make(name, config, 50))) / (await largestError(config, make(name, config, 100)))
    expect(Math.log2(ratio)).toBeGreaterThan(order - 0.25)
    expect(Math.log2(ratio)).toBeLessThan(order + 0.4)
  })

  it('dpmpp_2m is of order 2 while it has steps of second order', async () => {
    // To a small sigma instead of zero, and without its first-order last step: no data but the solver's own error.
    const config = configWith({ final_sigmas_type: 'sigma_min', use_karras_sigmas: true })
    const errors = await Promise.all([40, 80, 160].map((steps) => flowError(config, new DpmSolver(config, steps))))
    for (const [i, error] of errors.slice(1).entries()) expect(Math.log2((errors[i] ?? 0) / error)).toBeGreaterThan(1.6)
  })

  it('dpmpp_2m errs less than a third of what euler does over Karras sigmas, and less over all', async () => {
    for (const settings of [{ use_karras_sigmas: true }, { timestep_spacing: 'trailing' }, { timestep_spacing: 'leading' }]) {
      for (const steps of [10, 20, 40]) {
        const config = configWith(settings)
        const first = await largestError(config, make('euler', config, steps))
        const second = await largestError(config, make('dpmpp_2m', config, steps))
        expect(second).toBeLessThan('use_karras_sigmas' in settings ? first / 3 : first)
      }
    }
  })

  it('euler with Karras sigmas comes to the same end, by other steps', async () => {
    const config = configWith({ use_karras_sigmas: true })
    const euler = new Euler(config, 200)
    expect(euler.sigmas).not.toEqual(new Euler(configWith(), 200).sigmas)
    expect([euler.sigmas[0], euler.sigmas[199]]).toEqual([expect.closeTo(14.6146, 3), expect.closeTo(0.0292, 3)])
    expect(await largestError(config, euler)).toBeLessThan(0.03)
  })

  it('euler_a gives the data their mean and deviation', async () => {
    const first = new Float32Array(20_000)
    new GaussianNoise(2).write(first, 0)
    const ends = await run(configWith(), make('euler_a', configWith(), 200), first)
    const mean = ends.reduce((sum, value) => sum + value, 0) / ends.length
    const deviation = Math.sqrt(ends.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ends.length)
    expect(mean).toBeCloseTo(MEAN, 1)
    expect(Math.abs(deviation / DEVIATION - 1)).toBeLessThan(0.04)
  })

  it.each(NAMES)('%s comes to the same end whether the network predicts noise, velocity or the clean sample', async (name) => {
    const first = Float32Array.of(-1, 0, 0.7, 2)
    const ends = await Promise.all(
      ['epsilon', 'v_prediction', 'sample'].map((prediction_type) => {
        const config = configWith({ prediction_type, timestep_spacing: 'trailing' })
        return run(config, make(name, config, 12), first)
      }),
    )
    for (const [i, value] of ends[0]?.entries() ?? []) {
      expect(ends[1]?.[i]).toBeCloseTo(value, 3)
      expect(ends[2]?.[i]).toBeCloseTo(value, 3)
    }
  })
})

describe('ddim', () => {
  it('ends at the first alpha where the model says so, and without noise otherwise', () => {
    const ends = [true, false].map((set_alpha_to_one) => {
      const sample = Float32Array.of(1)
      make('ddim', configWith({ set_alpha_to_one, prediction_type: 'sample' }), 1).step(0, sample, Float32Array.of(0))
      return sample[0]
    })
    expect(ends[0]).toBe(0)
    expect(ends[1]).toBeGreaterThan(0.01)
  })

  it('clips the clean sample where the model says so', () => {
    const sample = Float32Array.of(0)
    const config = configWith({ clip_sample: true, clip_sample_range: 1.5, prediction_type: 'sample' })
    make('ddim', config, 1).step(0, sample, Float32Array.of(9))
    // What is left is the clipped sample and the noise that the unclipped one implies, of which the last step leaves none.
    expect(sample[0]).toBeCloseTo(1.5, 6)
  })
})

describe('lcm', () => {
  it('takes noise again at each step but the last, which gives the clean sample', () => {
    const scheduler = make('lcm', configWith({ prediction_type: 'sample' }), 2)
    const sample = Float32Array.of(5, 5)
    scheduler.step(0, sample, Float32Array.of(3, 3))
    const fresh = new Float32Array(2)
    noise.write(fresh, 1)
    // Of the power at timestep 499 of Stable Diffusion 0.27767 is signal.
    for (const [i, value] of sample.entries()) {
      expect(value).toBeCloseTo(Math.sqrt(0.27767) * 3 + Math.sqrt(1 - 0.27767) * (fresh[i] ?? 0), 3)
    }
    scheduler.step(1, sample, Float32Array.of(-2, 4))
    expect([...sample]).toEqual([expect.closeTo(-2, 3), expect.closeTo(4, 3)])
  })

  it('takes no more steps than the model was distilled for', () => {
    const failure = errorOf(() => make('lcm', configWith(), 51))
    expect(failure).toMatchObject({
      failure: { code: 'E_INVALID', message: 'scheduler lcm takes at most 50 steps with this model, not 51' },
    })
  })
})

describe('one step', () => {
  it.each(NAMES)('of %s leads from the noisiest timestep to the mean', async (name) => {
    const config = configWith({ timestep_spacing: 'trailing' })
    const [end] = await run(config, make(name, config, 1), Float32Array.of(0.5))
    expect(Math.abs((end ?? Number.NaN) - MEAN)).toBeLessThan(0.1)
  })
})

describe('a thousand steps', () => {
  it.each(['ddim', 'euler', 'euler_a', 'dpmpp_2m'] as const)('of %s stay finite, in each spacing', async (name) => {
    for (const timestep_spacing of ['leading', 'linspace', 'trailing']) {
      const config = configWith({ timestep_spacing })
      const [end] = await run(config, make(name, config, 1000), Float32Array.of(0.5))
      expect(Math.abs((end ?? Number.NaN) - MEAN)).toBeLessThan(3 * DEVIATION)
    }
  })

  it('are too many for a schedule of fewer', () => {
    expect(errorOf(() => make('euler', configWith({ num_train_timesteps: 100 }), 101))).toBeInstanceOf(JobFailureError)
  })
})

describe('a schedule that ends without any signal', () => {
  const zeroTerminal = { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }

  it.each(NAMES)('is run by %s where the network predicts velocity', async (name) => {
    const config = configWith({ ...zeroTerminal, prediction_type: 'v_prediction' })
    const [end] = await run(config, make(name, config, 30), Float32Array.of(0.5))
    expect(Math.abs((end ?? Number.NaN) - MEAN)).toBeLessThan(3 * DEVIATION)
  })

  it.each(['ddim', 'lcm'] as const)('is refused by %s where the network predicts noise', (name) => {
    expect(errorOf(() => make(name, configWith(zeroTerminal), 30))).toMatchObject({ failure: { code: 'E_UNSUPPORTED' } })
  })
})
