/** Submissions of `torch_bench`. Takes longer than any test, on any processor. */
export const LONG = { workload: 'torch_bench', params: { size: 1024, iterations: 100_000 } }

/** Runs for a moment: with the one thread of `KEYS` some tenths of a second on a fast processor, and seconds on a busy one. */
export const MEDIUM = { workload: 'torch_bench', params: { size: 512, iterations: 100 } }

/** Is done at once. */
export const SMALL = { workload: 'torch_bench', params: { size: 4, iterations: 2 } }
