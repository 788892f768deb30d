import { describe, expect, it } from 'vitest'
import { ServerClock } from '../../../src/worker/server-clock.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const NOON = Date.UTC(2026, 0, 1, 12)
const iso = (ms: number): string => new Date(ms).toISOString()

describe("the coordinator's clock", () => {
  it('is taken for ours before an answer tells', () => {
    expect(new ServerClock(new FakeClock(NOON)).untilMs(iso(NOON + 5_000))).toBe(5_000)
  })

  it('is what its answers tell, however far from ours', () => {
    const clock = new ServerClock(new FakeClock(NOON))
    clock.observe(NOON + 7_200_000)
    clock.observe(null)
    expect(clock.untilMs(iso(NOON + 7_205_000))).toBe(5_000)
    expect(clock.untilMs('tomorrow')).toBeNull()
  })

  it.each([3_600_000, -3_600_000])('does not move when our clock is set by %i ms', async (byMs) => {
    const own = new FakeClock(NOON)
    const clock = new ServerClock(own)
    clock.observe(NOON)
    own.moveWallClock(byMs)
    await own.advance(1_000)
    expect(clock.untilMs(iso(NOON + 5_000))).toBe(4_000)
  })
})
