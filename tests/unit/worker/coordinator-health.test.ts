import { describe, expect, it } from 'vitest'
import { CoordinatorHealth } from '../../../src/worker/coordinator-health.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { CoordinatorFailure } from '../../../src/domain/coordinator-failure.ts'
import { failing } from '../../support/fake-coordinator.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp() {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  return { clock, logger, health: new CoordinatorHealth({ clock, logger }) }
}

describe('CoordinatorHealth', () => {
  it.each([
    ['unreachable', 'warn', 'coordinator unreachable: trying again until it answers'],
    ['overloaded', 'warn', 'coordinator overloaded: trying again when it allows'],
    ['rejected', 'warn', 'coordinator answers with errors: trying again'],
    ['garbled', 'warn', 'coordinator answers, but not as the API says: check COORD_URL, trying again'],
    ['unauthorized', 'error', 'coordinator refuses the API key: set API_KEY in the configuration'],
  ] as const)('says of one that is %s what an operator should know', (failureClass, level, words) => {
    const { health, logger } = setUp()
    health.failed(failing(failureClass))
    expect(logger.messages(level)).toEqual([words])
    expect(health.snapshot()).toMatchObject({ isReachable: false, isKeyRefused: failureClass === 'unauthorized' })
  })

  it('speaks once when contact is lost, reminds every ten minutes, and speaks once when it is back', async () => {
    const { clock, health, logger } = setUp()
    health.succeeded()
    for (let second = 0; second < 1_500; second += 1) {
      health.failed(failing('unreachable'))
      await clock.advance(1_000)
    }
    health.succeeded()
    health.succeeded()
    expect(logger.messages('warn')).toHaveLength(3)
    expect(logger.messages('info')).toEqual(['coordinator reached', 'coordinator reachable again'])
    expect(logger.lines.at(-1)?.attributes).toEqual({ down_s: 1_500 })
  })

  it.each([86_400_000, -86_400_000])(
    'counts what it is down and when to remind on when the clock is set by %i ms',
    async (byMs) => {
      const { clock, health, logger } = setUp()
      health.failed(failing('unreachable'))
      clock.moveWallClock(byMs)
      health.failed(failing('unreachable'))
      expect(logger.messages('warn')).toHaveLength(1)
      await clock.advance(10 * 60_000)
      health.failed(failing('unreachable'))
      expect(logger.messages('warn')).toHaveLength(2)
      expect(logger.lines.at(-1)?.attributes).toMatchObject({ down_s: 600 })
    },
  )

  it('does not fill the log with a coordinator that comes and goes', async () => {
    const { clock, health, logger } = setUp()
    for (let second = 0; second < 60; second += 1) {
      health.failed(failing('rejected'))
      health.succeeded()
      await clock.advance(1_000)
    }
    expect(logger.lines.length).toBeLessThanOrEqual(4)
  })

  it('tells of a refused key although it has just told of something else, and not over and over', async () => {
    const { clock, health, logger } = setUp()
    for (let second = 0; second < 30; second += 1) {
      health.failed(failing('unreachable'))
      health.failed(failing('unauthorized'))
      health.succeeded()
      await clock.advance(1_000)
    }
    expect(logger.messages('error')).toHaveLength(1)
    expect(logger.messages('warn')).toHaveLength(1)
  })

  it('tells again although the wall clock was set back by a day', async () => {
    const { clock, health, logger } = setUp()
    health.failed(failing('unreachable'))
    health.succeeded()
    clock.moveWallClock(-86_400_000)
    await clock.advance(61_000)
    health.failed(failing('unreachable'))
    expect(logger.messages('warn')).toHaveLength(2)
  })

  it('does not take one refused delivery for a coordinator that is gone', () => {
    const { health, logger } = setUp()
    health.succeeded()
    health.deliveryFailed(failing('rejected'))
    expect(health.snapshot()).toMatchObject({ isReachable: true, lastError: 'rejected for the test' })
    expect(logger.messages('warn')).toEqual([])
  })

  it('wakes those who wait when it is back', () => {
    const { health } = setUp()
    let woken = 0
    health.onRecovered(() => (woken += 1))
    health.failed(failing('unreachable'))
    health.succeeded()
    health.succeeded()
    expect(woken).toBe(1)
  })

  it('tells of a key that is valid but may not mine which settings to check', () => {
    const { health, logger } = setUp()
    const details = { failureClass: 'unauthorized', status: 403, apiCode: 'FORBIDDEN', retryAfterMs: null } as const
    health.failed(new CoordinatorFailure('HTTP 403', details))
    expect(logger.messages('error')[0]).toMatch(/API_KEY.*MINER_ID/)
    expect(health.snapshot()).toMatchObject({ isKeyRefused: true, keyAdvice: expect.stringContaining('MINER_ID') })
    health.succeeded()
    expect(health.snapshot().keyAdvice).toBeNull()
  })
})
