import { describe, expect, it } from 'vitest'
import { DownloadPace } from '../../../src/models/download-pace.ts'

function paced() {
  const clock = { nowMs: 0, monotonicMs: () => clock.nowMs }
  const pace = new DownloadPace(clock)
  /** What comes this long after what came before. */
  const after = (ms: number, bytes: number): boolean => {
    clock.nowMs += ms
    return pace.advance(bytes)
  }
  return { pace, clock, after }
}

describe('DownloadPace', () => {
  it('finds a server too slow that sends a byte now and then', () => {
    const { pace, after } = paced()
    pace.begin()
    const got = [after(50_000, 1), after(50_000, 1), after(50_000, 1)]
    expect(got).toEqual([true, true, false])
  })

  it('finds nothing wrong with ten kilobytes a second, for hours', () => {
    const { pace, after } = paced()
    pace.begin()
    for (let second = 0; second < 10_000; second += 1) expect(after(1000, 10_240)).toBe(true)
  })

  it('finds a server too slow that hangs up after each byte', () => {
    const { pace } = paced()
    const got = Array.from({ length: 120 }, () => {
      pace.begin()
      return pace.advance(1)
    })
    expect(got.indexOf(false)).toBe(119)
  })

  it('does not count what passes before the server sends, nor a stop of the machine as more than a silence', () => {
    const { pace, clock, after } = paced()
    clock.nowMs += 3_600_000
    pace.begin()
    expect(after(3_600_000, 1)).toBe(true)
  })
})
