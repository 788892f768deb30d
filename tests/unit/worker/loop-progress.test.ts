import { describe, expect, it } from 'vitest'
import { LoopProgress } from '../../../src/worker/loop-progress.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  return { clock, progress: new LoopProgress('poll', clock) }
}

/** A minute is granted on top of each limit. */
const LATE_MS = 61_000

describe('LoopProgress', () => {
  it('is overdue when a wait outlasts its limit by more than a minute, until that wait ends', async () => {
    const { clock, progress } = setUp()
    const request = Promise.withResolvers<string>()
    const waiting = progress.within(30_000, request.promise)
    await clock.advance(30_000 + LATE_MS - 2_000)
    expect(progress.overdueMs).toBe(0)
    await clock.advance(2_000)
    expect(progress.overdueMs).toBe(1_000)
    request.resolve('answer')
    expect(await waiting).toBe('answer')
    expect(progress.overdueMs).toBe(0)
  })

  it('lets go of a wait that fails', async () => {
    const { clock, progress } = setUp()
    await expect(progress.within(1_000, Promise.reject(new Error('refused')))).rejects.toThrow('refused')
    await clock.advance(1_000 + LATE_MS)
    expect(progress.overdueMs).toBe(0)
  })

  it('tells by how much the latest of several waits is overdue', async () => {
    const { clock, progress } = setUp()
    const never = new Promise<void>(() => {})
    void progress.within(1_000, never)
    void progress.within(5_000, never)
    await clock.advance(1_000 + LATE_MS)
    expect(progress.overdueMs).toBe(1_000)
  })

  it('is not overdue while nothing is announced', async () => {
    const { clock, progress } = setUp()
    await clock.advance(24 * 3_600_000)
    expect(progress.overdueMs).toBe(0)
  })
})
