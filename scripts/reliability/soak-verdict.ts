import type { Audit } from './books.ts'
import type { Look } from './soak-readings.ts'
import { judgeTrend, median } from './trend.ts'
import type { Reading, TrendLimit } from './trend.ts'

type Latency = 'pickUpMs' | 'proofMs'

/** The series that must stay where they are, and what each may do. Latencies of single jobs are among them. */
type Steady = Exclude<keyof Look, 'engineRssMb' | 'journalMb' | 'walMb' | 'logMb' | 'slowdown'> | Latency

/** Grounds: a leak of 1 KiB a job at two jobs a second is 7 MiB an hour. */
const LIMITS: Readonly<Record<Steady, TrendLimit>> = {
  minerRssMb: { perHour: 8, noise: 6 },
  minerHeapMb: { perHour: 4, noise: 1.5 },
  minerFiles: { perHour: 3, noise: 3 },
  minerThreads: { perHour: 1, noise: 1 },
  engines: { perHour: 1, noise: 1 },
  coordinatorRssMb: { perHour: 32, noise: 16 },
  pickUpMs: { perHour: 400, noise: 400 },
  proofMs: { perHour: 400, noise: 400 },
}

/** Times are those of the machine, too: where it is this busy, or gets busier by this factor, they say nothing of the miner. */
const BUSY = { slowdown: 3, factor: 1.5 }
const LATENCIES: ReadonlySet<string> = new Set<Latency>(['pickUpMs', 'proofMs'])

/** What grows with each job, in bytes: a settled job stays in the journal for 30 days, its lines in the log until it is rotated. */
const PER_JOB = { journalMb: 8_192, logMb: 4_096 }
/** It is begun anew when 16 MiB of it have been copied into the journal. */
const MOST_WAL_MB = 20
const MEBIBYTE = 2 ** 20

export type SoakSeries = Readonly<Record<string, readonly Reading[]>>

export interface Verdict {
  /** A line for each figure, for a person. */
  readonly lines: readonly string[]
  /** All that is wrong; empty for a soak that was passed. */
  readonly problems: readonly string[]
}

/** Judges a soak by its series and by the books. */
export function judgeSoak(series: SoakSeries, audit: Audit): Verdict {
  const isBusy = wasBusy(series['slowdown'] ?? [])
  const slopes = Object.entries(LIMITS).map(([name, limit]) => {
    const judged = judgeSeries(name, series[name] ?? [], limit)
    return isBusy && LATENCIES.has(name) ? notJudged(judged) : judged
  })
  const growth = Object.entries(PER_JOB).map(([name, limit]) =>
    judgeGrowth(name, series[name] ?? [], { limit, jobs: audit.jobs }),
  )
  const judged = [...slopes, ...growth, judgeWal(series['walMb'] ?? [])]
  return {
    lines: judged.map(({ line }) => line),
    problems: [...judged.flatMap(({ problem }) => problem ?? []), ...audit.problems],
  }
}

interface Judged {
  readonly line: string
  readonly problem: string | null
}

function judgeSeries(name: string, readings: readonly Reading[], limit: TrendLimit): Judged {
  const trend = judgeTrend(readings, limit)
  if (trend === null) return { line: `${name}: too few readings or too short a time for a slope`, problem: null }
  const values = readings.map(({ value }) => value).toSorted((a, b) => a - b)
  const at = (share: number): string => (values[Math.floor(share * (values.length - 1))] ?? Number.NaN).toFixed(1)
  const { perHour, latePerHour, limitPerHour, isSteady } = trend
  const line =
    `${name}: least ${at(0)}, median ${at(0.5)}, 95 % ${at(0.95)}, most ${at(1)}; ` +
    `slope ${perHour.toFixed(2)} an hour, in the last half ${latePerHour.toFixed(2)} (limit ${limitPerHour.toFixed(2)})`
  return {
    line,
    problem: isSteady ? null : `${name} grows by ${perHour.toFixed(2)} an hour, over the limit of ${limitPerHour.toFixed(2)}`,
  }
}

function notJudged({ line }: Judged): Judged {
  return { line: `${line}; not judged: others kept the machine busy`, problem: null }
}

function wasBusy(slowdowns: readonly Reading[]): boolean {
  const values = slowdowns.map(({ value }) => value)
  const half = Math.floor(values.length / 2)
  const [before, after] = [median(values.slice(0, half)), median(values.slice(half))]
  return Math.max(before, after) > BUSY.slowdown || after / before > BUSY.factor
}

function judgeGrowth(name: string, readings: readonly Reading[], { limit, jobs }: { limit: number; jobs: number }): Judged {
  const mebibytes = readings.at(-1)?.value ?? 0
  const perJob = (mebibytes * MEBIBYTE) / Math.max(jobs, 1)
  const line = `${name}: ${mebibytes.toFixed(2)} at the end, ${perJob.toFixed(0)} bytes a job (limit ${limit})`
  return {
    line,
    problem:
      jobs >= 100 && perJob > limit ? `${name} grows by ${perJob.toFixed(0)} bytes a job, over the limit of ${limit}` : null,
  }
}

function judgeWal(readings: readonly Reading[]): Judged {
  const most = Math.max(0, ...readings.map(({ value }) => value))
  const line = `walMb: most ${most.toFixed(2)} (limit ${MOST_WAL_MB})`
  return {
    line,
    problem: most > MOST_WAL_MB ? `the write-ahead log had ${most.toFixed(2)} MiB, over the limit of ${MOST_WAL_MB}` : null,
  }
}
