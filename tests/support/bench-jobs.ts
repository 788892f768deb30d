/** Submissions of `torch_bench`. Takes longer than any test, on any processor. */
export const LONG = { workload: 'torch_bench', params: { size: 1024, iterations: 100_000 } }

/** Is done at once. */
export const SMALL = { workload: 'torch_bench', params: { size: 4, iterations: 2 } }
