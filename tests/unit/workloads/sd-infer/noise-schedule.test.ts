import { describe, expect, it } from 'vitest'
import { signalPower } from '../../../../src/workloads/sd-infer/schedulers/noise-schedule.ts'
import { schedulerConfig } from '../../../../src/workloads/sd-infer/schedulers/scheduler-config.ts'
import { sigmaAt, timestepAt, trainingSigmas } from '../../../../src/workloads/sd-infer/schedulers/sigma-schedule.ts'
import { roundHalfToEven } from '../../../../src/workloads/sd-infer/schedulers/timesteps.ts'
import { configWith } from './gaussian-model.ts'

function cosine(time: number): number {
  return Math.cos(((time + 0.008) / 1.008) * (Math.PI / 2)) ** 2
}

describe('signalPower', () => {
  it('is what Stable Diffusion was trained on', () => {
    const sigmas = trainingSigmas(configWith())
    expect(signalPower(configWith())[0]).toBeCloseTo(1 - 0.00085, 12)
    expect([sigmas[0], sigmas[999]]).toEqual([expect.closeTo(0.0292, 4), expect.closeTo(14.6146, 4)])
  })

  it('multiplies linear betas', () => {
    const power = signalPower(configWith({ beta_schedule: 'linear', beta_start: 0.1, beta_end: 0.3, num_train_timesteps: 3 }))
    expect([...power]).toEqual([expect.closeTo(0.9, 12), expect.closeTo(0.72, 12), expect.closeTo(0.504, 12)])
  })

  it('follows the cosine until its betas are capped', () => {
    const power = signalPower(configWith({ beta_schedule: 'squaredcos_cap_v2' }))
    for (const t of [0, 100, 500, 900]) expect(power[t]).toBeCloseTo(cosine((t + 1) / 1000) / cosine(0), 9)
    expect((power[999] ?? 1) / (power[998] ?? 1)).toBeCloseTo(0.001, 9)
  })

  it('takes trained betas before all', () => {
    const power = signalPower(configWith({ trained_betas: [0.5, 0.25], num_train_timesteps: 2 }))
    expect([...power]).toEqual([0.5, 0.375])
  })

  it('ends at nothing and starts as before where it is rescaled so', () => {
    const power = signalPower(configWith({ rescale_betas_zero_snr: true }))
    expect(power[0]).toBeCloseTo(1 - 0.00085, 12)
    expect(power[999]).toBe(0)
  })
})

describe('sigmas and timesteps', () => {
  it('lead to each other and back', () => {
    const sigmas = trainingSigmas(configWith())
    for (const timestep of [0, 1, 10, 500, 998]) expect(timestepAt(sigmas, sigmaAt(sigmas, timestep))).toBeCloseTo(timestep, 9)
    expect(sigmaAt(sigmas, 500.5)).toBeCloseTo(((sigmas[500] ?? 0) + (sigmas[501] ?? 0)) / 2, 12)
    expect([timestepAt(sigmas, 1e-9), timestepAt(sigmas, 99)]).toEqual([0, 999])
  })

  it('round halves to even numbers, as NumPy does', () => {
    expect([0.5, 1.5, 2.5, 2.4999, 666.5, 667.5].map(roundHalfToEven)).toEqual([0, 2, 2, 2, 666, 668])
  })
})

describe('schedulerConfig', () => {
  it.each([
    [{ beta_schedule: 'sigmoid' }, 'beta_schedule'],
    [{ timestep_spacing: 'golden' }, 'timestep_spacing'],
    [{ prediction_type: 'flow' }, 'prediction_type'],
    [{ thresholding: true }, 'thresholding'],
    [{ use_exponential_sigmas: true }, 'use_exponential_sigmas'],
    [{ interpolation_type: 'log_linear' }, 'interpolation_type'],
    [{ timestep_type: 'continuous' }, 'timestep_type'],
    [{ _class_name: 'FlowMatchEulerDiscreteScheduler' }, '_class_name'],
    [{ trained_betas: [0.1, 0.2] }, 'trained_betas'],
    [{ num_train_timesteps: 1e9 }, 'num_train_timesteps'],
  ])('refuses %o', (settings, key) => {
    expect(schedulerConfig.safeParse(settings).error?.issues.map(({ path }) => path.join('.'))).toEqual([key])
  })

  it('takes settings of other schedulers as they come', () => {
    expect(schedulerConfig.safeParse({ skip_prk_steps: true, solver_type: 'bh2', use_karras_sigmas: null }).success).toBe(true)
  })
})
