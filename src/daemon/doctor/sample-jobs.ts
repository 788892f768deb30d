/** A job that every machine can do in a moment, with a model that comes with the miner. */
export interface SampleJob {
  readonly workload: string
  /** Completes "… in 0.4 s". */
  readonly what: string
  readonly params: Readonly<Record<string, unknown>>
}

const LATENT: readonly number[] = Array.from({ length: 4 * 8 * 8 }, () => 0)

/** One of each workload. */
export const SAMPLE_JOBS: readonly SampleJob[] = [
  { workload: 'torch_bench', what: 'a product of 256 × 256 matrices', params: { size: 256, iterations: 2, seed: 1 } },
  {
    workload: 'llm_gen',
    what: '16 tokens of tiny-llm',
    params: { model: 'tiny-llm', prompt: 'Once upon a time', max_tokens: 16, seed: 1 },
  },
  {
    workload: 'onnx_infer',
    what: "a run of tiny-sd's decoder",
    params: { model: 'tiny-sd-decoder', inputs: { latent_sample: { dtype: 'float32', shape: [1, 4, 8, 8], data: LATENT } } },
  },
  {
    workload: 'sd_infer',
    what: 'an image of tiny-sd in 2 steps',
    params: { model: 'tiny-sd', prompt: 'a red circle on a white background', steps: 2, scheduler: 'euler', seed: 1 },
  },
]
