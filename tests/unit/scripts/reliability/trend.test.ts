import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../../../scripts/reliability/seeded-random.ts'
import { judgeTrend, theilSen } from '../../../../scripts/reliability/trend.ts'
import type { Reading } from '../../../../scripts/reliability/trend.ts'

const LIMIT = { perHour: 6, noise: 4 }
const SECONDS = 1800

/** Half an hour of memory, read each 5 s: a base, what is added at a moment, and a saw of up to 5 with rare peaks. */
function memory(added: (atS: number) => number): Reading[] {
  const random = new SeededRandom(7)
  return Array.from({ length: SECONDS / 5 }, (_, at) => {
    const peak = random.next() < 0.03 ? 200 : 0
    return { atS: at * 5, value: 90 + added(at * 5) + 5 * random.next() + peak }
  })
}

describe('judgeTrend', () => {
  it('calls a saw with peaks steady', () => {
    const trend = judgeTrend(
      memory(() => 0),
      LIMIT,
    )
    expect(trend?.isSteady).toBe(true)
    expect(Math.abs(trend?.perHour ?? Infinity)).toBeLessThan(2)
  })

  it('calls a warm-up steady, however much it takes', () => {
    expect(
      judgeTrend(
        memory((atS) => 60 * (1 - Math.exp(-atS / 150))),
        LIMIT,
      )?.isSteady,
    ).toBe(true)
  })

  it('calls one step late in the run steady: it is no pace', () => {
    expect(
      judgeTrend(
        memory((atS) => (atS > 900 ? 8 : 0)),
        LIMIT,
      )?.isSteady,
    ).toBe(true)
  })

  it.each([15, 30, 300])('finds a leak of %i an hour under the same saw, and how fast it is', (perHour) => {
    const trend = judgeTrend(
      memory((atS) => (perHour * atS) / 3600),
      LIMIT,
    )
    expect(trend?.isSteady).toBe(false)
    expect(Math.abs((trend?.perHour ?? 0) - perHour)).toBeLessThan(3)
  })

  it('finds a leak under a warm-up', () => {
    expect(
      judgeTrend(
        memory((atS) => 60 * (1 - Math.exp(-atS / 100)) + (30 * atS) / 3600),
        LIMIT,
      )?.isSteady,
    ).toBe(false)
  })

  it('finds a descriptor that is lost now and then', () => {
    const readings = memory(() => 0).map(({ atS }) => ({ atS, value: 30 + Math.floor(atS / 200) }))
    expect(judgeTrend(readings, { perHour: 2, noise: 2 })?.isSteady).toBe(false)
  })

  it('lets noise be noise in a short run', () => {
    const readings = memory((atS) => atS / 100).slice(0, 60)
    expect(judgeTrend(readings, LIMIT)).toMatchObject({ isSteady: true })
  })

  it('says nothing of a handful of readings, or of a few minutes', () => {
    expect(judgeTrend(memory((atS) => atS).slice(0, 40), LIMIT)).toBeNull()
    expect(judgeTrend(memory(() => 0).slice(0, 7), LIMIT)).toBeNull()
    expect(judgeTrend([], LIMIT)).toBeNull()
  })
})

describe('theilSen', () => {
  it('is not moved by a quarter of wild points', () => {
    const points = Array.from({ length: 40 }, (_, at) => ({ atS: at, value: at % 4 === 0 ? 1000 * at : 2 * at }))
    expect(theilSen(points)).toBeCloseTo(2)
  })
})
