/** One line of the report. Ratios are against a bare peer measured in the same run. */
export interface Figure {
  readonly what: string
  readonly ours: string
  /** What it is held against; empty for an absolute figure. */
  readonly peer: string
  readonly ratio: number | null
  readonly target: string
  readonly isMet: boolean
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Nearest-rank quantile of a list that may be in any order; NaN for an empty one. */
export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN
}
