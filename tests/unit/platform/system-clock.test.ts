import { describe, expect, it } from 'vitest'
import { SystemClock } from '../../../src/platform/system-clock.ts'

describe('SystemClock', () => {
  it('ends a sleep at once when the signal aborts, before or during it, and never rejects', async () => {
    const clock = new SystemClock()
    const controller = new AbortController()
    const sleep = clock.sleep(1_000_000, controller.signal)
    controller.abort(new Error('stop'))
    expect(await sleep).toBeUndefined()
    expect(await clock.sleep(1_000_000, controller.signal)).toBeUndefined()
  })

  it('does not cut a sleep beyond the longest timer of Node to nothing', async () => {
    const controller = new AbortController()
    let hasEnded = false
    const sleep = new SystemClock().sleep(2 ** 40, controller.signal).then(() => (hasEnded = true))
    await new SystemClock().sleep(5, new AbortController().signal)
    expect(hasEnded).toBe(false)
    controller.abort()
    await sleep
  })

  it('has a monotonic time that goes on with the sleep', async () => {
    const clock = new SystemClock()
    const startMs = clock.monotonicMs()
    await clock.sleep(5, new AbortController().signal)
    expect(clock.monotonicMs()).toBeGreaterThan(startMs)
  })
})
