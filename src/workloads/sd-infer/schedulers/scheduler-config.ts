import { z } from 'zod'

/** How betas grow over the training schedule. */
export const betaSchedule = z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2'])

/** How the steps of a run are laid over the training schedule. */
export const timestepSpacing = z.enum(['leading', 'linspace', 'trailing'])

/** What the network predicts: the noise, the velocity (Salimans and Ho, arXiv:2202.00512), or the clean sample. */
export const predictionType = z.enum(['epsilon', 'v_prediction', 'sample'])

const absent = z.null().optional()

/**
 * A model's `scheduler/scheduler_config.json`, as diffusers writes it, with the defaults that all its schedulers share. Settings that
 * change results and are not offered here are refused rather than ignored; those of other schedulers than ours are ignored.
 */
export const schedulerConfig = z
  .object({
    _class_name: z.string().default(''),
    num_train_timesteps: z.int().min(2).max(100_000).default(1000),
    beta_start: z.number().gt(0).lt(1).default(0.00085),
    beta_end: z.number().gt(0).lt(1).default(0.012),
    beta_schedule: betaSchedule.default('scaled_linear'),
    trained_betas: z.array(z.number().min(0).max(1)).min(2).nullish(),
    prediction_type: predictionType.default('epsilon'),
    /** Absent: each scheduler's own habit. */
    timestep_spacing: timestepSpacing.optional(),
    steps_offset: z.int().min(0).max(1000).default(1),
    set_alpha_to_one: z.boolean().default(true),
    /** Off unless the model asks for it: latents are not bounded. */
    clip_sample: z.boolean().default(false),
    clip_sample_range: z.number().gt(0).default(1),
    rescale_betas_zero_snr: z.boolean().default(false),
    use_karras_sigmas: z.boolean().nullish(),
    final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
    original_inference_steps: z.int().min(1).default(50),
    timestep_scaling: z.number().gt(0).default(10),
    /** Of a kind that is for pictures in pixels, not for latents. */
    thresholding: z.literal(false).default(false),
    use_exponential_sigmas: z.literal(false).or(absent),
    use_beta_sigmas: z.literal(false).or(absent),
    use_flow_sigmas: z.literal(false).or(absent),
    interpolation_type: z.literal('linear').default('linear'),
    timestep_type: z.literal('discrete').default('discrete'),
  })
  .refine((config) => !config._class_name.includes('FlowMatch'), {
    path: ['_class_name'],
    error: 'a flow matching schedule, which is not offered here',
  })
  .refine((config) => config.trained_betas == null || config.trained_betas.length === config.num_train_timesteps, {
    path: ['trained_betas'],
    error: 'must have one value for each of num_train_timesteps',
  })

export type SchedulerConfig = z.infer<typeof schedulerConfig>
export type TimestepSpacing = z.infer<typeof timestepSpacing>
export type PredictionType = z.infer<typeof predictionType>
