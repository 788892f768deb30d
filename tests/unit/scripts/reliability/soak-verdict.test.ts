import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../../scripts/reliability/seeded-random.ts'
import { judgeSoak } from '../../../../scripts/reliability/soak-verdict.ts'
import type { SoakSeries } from '../../../../scripts/reliability/soak-verdict.ts'

const AUDIT = { jobs: 3_600, completed: 2_000, proofsLost: 0, proofsDoubled: 0, problems: [] }

/** Half an hour as a healthy miner has it, but for what is added to a series. */
function soak(added: Readonly<Record<string, (atS: number) => number>> = {}): SoakSeries {
  const random = new SeededRandom(3)
  const base = {
    minerRssMb: [120, 4],
    minerHeapMb: [25, 3],
    minerFiles: [38, 5],
    minerThreads: [8, 0],
    engines: [2, 0],
    engineRssMb: [350, 50],
    coordinatorRssMb: [120, 8],
    journalMb: [0, 0],
    walMb: [10, 5],
    logMb: [0, 0],
    slowdown: [1, 0.4],
    pickUpMs: [60, 100],
    proofMs: [100, 600],
  } as const
  return Object.fromEntries(
    Object.entries(base).map(([name, [value, noise]]) => [
      name,
      Array.from({ length: 360 }, (_, at) => ({
        atS: at * 5,
        value: value + noise * random.next() + (added[name]?.(at * 5) ?? 0),
      })),
    ]),
  )
}

describe('judgeSoak', () => {
  it('passes a miner that grows by what each job adds to its journal and log alone', () => {
    const series = soak({ journalMb: (atS) => atS / 200, logMb: (atS) => atS / 1000 })
    expect(judgeSoak(series, AUDIT).problems).toEqual([])
  })

  it.each([
    ['memory', { minerRssMb: (atS: number) => atS / 100 }, 'minerRssMb grows by'],
    ['heap', { minerHeapMb: (atS: number) => atS / 400 }, 'minerHeapMb grows by'],
    ['file descriptors', { minerFiles: (atS: number) => Math.floor(atS / 120) }, 'minerFiles grows by'],
    ['threads', { minerThreads: (atS: number) => Math.floor(atS / 300) }, 'minerThreads grows by'],
    ['engines', { engines: (atS: number) => Math.floor(atS / 300) }, 'engines grows by'],
    ['latency', { proofMs: (atS: number) => atS }, 'proofMs grows by'],
    ['log lines', { logMb: (atS: number) => atS / 50 }, 'logMb grows by'],
    ['journal', { journalMb: (atS: number) => atS / 20 }, 'journalMb grows by'],
    ['write-ahead log', { walMb: (atS: number) => atS / 50 }, 'the write-ahead log had'],
  ])('finds a leak of %s', (_what, added, problem) => {
    expect(judgeSoak(soak(added), AUDIT).problems).toEqual([expect.stringContaining(problem)])
  })

  it('does not blame the miner for latencies of a machine that others keep busy', () => {
    const busy = soak({ slowdown: (atS) => (atS > 600 ? 2 : 0), proofMs: (atS) => atS })
    const { problems, lines } = judgeSoak(busy, AUDIT)
    expect(problems).toEqual([])
    expect(lines.find((line) => line.startsWith('proofMs'))).toContain('not judged')
  })

  it('does not pass with books that are wrong', () => {
    expect(judgeSoak(soak(), { ...AUDIT, problems: ['job a is completed and was credited 2 times'] }).problems).toHaveLength(1)
  })
})
