/** A reading of a series: when, in seconds since the start, and what. */
export interface Reading {
  readonly atS: number
  readonly value: number
}

/** What a series may do when it does not leak. */
export interface TrendLimit {
  /** Growth an hour that is no leak. */
  readonly perHour: number
  /** Growth in the time looked at that is noise, however short that time is. */
  readonly noise: number
}

export interface Trend {
  /** Growth an hour, by the Theil-Sen estimator over the time after the warm-up. */
  readonly perHour: number
  /** The same of the last half of that time. */
  readonly latePerHour: number
  /** What `perHour` may be at most, given the noise and the time. */
  readonly limitPerHour: number
  /** False for a leak: it grows over the limit in the whole and still in the last half. */
  readonly isSteady: boolean
}

/** The share of the time that belongs to the warm-up: caches fill, code is compiled, heaps find their size. */
const WARM_UP = 0.25
/** The time is cut into so many windows, and the lower quartile of each is one point: a leak lifts the floor, a busy machine the peaks. */
const WINDOWS = 40
const FLOOR = 0.25
const SHORTEST_S = 240
const HOUR_S = 3600

/**
 * Tells a leak from a warm-up and from noise. A warm-up grows less and less, a leak at a constant pace: so it takes growth over the
 * limit after the warm-up, and still in the last half of that, to be a leak. Null for less than 4 minutes, or 8 windows with readings:
 * too short to say anything.
 */
export function judgeTrend(readings: readonly Reading[], limit: TrendLimit): Trend | null {
  const points = windowFloors(readings)
  const last = points.at(-1)
  const startS = points[0]?.atS ?? 0
  if (points.length < 8 || last === undefined || last.atS - startS < SHORTEST_S) return null
  const warm = points.filter(({ atS }) => atS >= startS + WARM_UP * (last.atS - startS))
  const late = warm.slice(Math.floor(warm.length / 2))
  const trend = (part: readonly Reading[]): { readonly perHour: number; readonly limitPerHour: number } => {
    const hours = ((part.at(-1)?.atS ?? 0) - (part[0]?.atS ?? 0)) / HOUR_S
    return { perHour: theilSen(part) * HOUR_S, limitPerHour: Math.max(limit.perHour, limit.noise / hours) }
  }
  const whole = trend(warm)
  const end = trend(late)
  // In the shorter time the same noise makes a steeper slope; but a leak keeps its pace, so the last half is held against the whole's limit.
  return {
    ...whole,
    latePerHour: end.perHour,
    isSteady: whole.perHour <= whole.limitPerHour || end.perHour <= whole.limitPerHour / 2,
  }
}

/** The median of the slopes between all pairs of points: up to 29 % of them may be wild without moving it far. */
export function theilSen(points: readonly Reading[]): number {
  const slopes = points.flatMap((from, at) => points.slice(at + 1).map((to) => (to.value - from.value) / (to.atS - from.atS)))
  return median(slopes)
}

/** NaN of no values. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

function lowerQuartile(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(FLOOR * values.length)] ?? Number.NaN
}

function windowFloors(readings: readonly Reading[]): Reading[] {
  const startS = readings[0]?.atS ?? 0
  const lengthS = ((readings.at(-1)?.atS ?? 0) - startS) / WINDOWS
  const windows = Map.groupBy(readings, ({ atS }) => Math.min(Math.floor((atS - startS) / lengthS), WINDOWS - 1))
  return [...windows.values()].map((window) => ({
    atS: median(window.map(({ atS }) => atS)),
    value: lowerQuartile(window.map(({ value }) => value)),
  }))
}
