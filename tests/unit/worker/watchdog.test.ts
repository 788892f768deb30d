import { describe, expect, it, onTestFinished } from 'vitest'
import { runWatchdog } from '../../../src/worker/watchdog.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp(limitMs = 60_000) {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const loops = [
    { name: 'poll', overdueMs: 0 },
    { name: 'heartbeat', overdueMs: 0 },
  ]
  const beatsAtMs: number[] = []
  const stop = new AbortController()
  const running = runWatchdog(
    { limitMs, loops: () => loops, beat: () => beatsAtMs.push(clock.monotonicMs()), clock, logger },
    stop.signal,
  )
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  return { clock, logger, loops, beatsAtMs, stop, running }
}

describe('runWatchdog', () => {
  it('beats at once and four times in the limit while all loops turn', async () => {
    const { clock, beatsAtMs } = setUp()
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual([0, 15_000, 30_000, 45_000, 60_000])
  })

  it('stops beating while one loop hangs, and names it once', async () => {
    const { clock, loops, beatsAtMs, logger } = setUp()
    loops.splice(1, 1, { name: 'heartbeat', overdueMs: 5_000 })
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual([0])
    expect(logger.lines).toEqual([
      {
        level: 'error',
        message: 'loop hangs: the service manager restarts the miner unless it goes on',
        attributes: { loop: 'heartbeat', overdue_s: 5, limit_s: 60 },
      },
    ])
  })

  it('beats again when the loop goes on', async () => {
    const { clock, loops, beatsAtMs, logger } = setUp()
    loops.splice(0, 1, { name: 'poll', overdueMs: 1 })
    await clock.advance(15_000)
    loops.splice(0, 1, { name: 'poll', overdueMs: 0 })
    await clock.advance(15_000)
    expect(beatsAtMs).toEqual([0, 30_000])
    expect(logger.messages('warn')).toEqual(['loop goes on'])
  })

  it('ends with its signal', async () => {
    const { clock, beatsAtMs, stop, running } = setUp()
    stop.abort()
    await running
    await clock.advance(60_000)
    expect(beatsAtMs).toEqual([0])
  })
})
