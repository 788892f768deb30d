import { describe, expect, it } from 'vitest'
import type { ActiveJob } from '../../../src/worker/active-jobs.ts'
import { eventually } from '../../support/eventually.ts'
import { failing, NO_ORDERS } from '../../support/fake-coordinator.ts'
import { heartbeatRig } from '../../support/heartbeat-rig.ts'

describe('runHeartbeatLoop with a coordinator on a bad day', () => {
  it.each([
    ['an answer that cannot be read', failing('garbled')],
    ['an error of its own', failing('rejected', null, 500)],
  ])('registers again with the next beat after %s, and warns once', async (_what, failure) => {
    const { coordinator, clock, run, logger, wishes } = heartbeatRig()
    coordinator.onRegister = () => {
      if (coordinator.registrations < 3) throw failure
      return { serverTimeMs: null, heartbeatMs: null, pollWaitS: 5 }
    }
    run()
    await eventually('tried', () => coordinator.registrations === 1)
    await clock.advance(60_000)
    expect([coordinator.registrations, coordinator.heartbeats.length]).toEqual([3, 4])
    expect(wishes).toEqual([5])
    expect(logger.messages('warn')).toEqual(['coordinator fails at the registration: trying again with each heartbeat'])
  })

  it('gives up a beat that nobody answers in time for another one before a short lease is gone', async () => {
    const { coordinator, clock, run, hold, wakeUp } = heartbeatRig()
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    hold('a', 10_000)
    wakeUp.notify()
    coordinator.onHeartbeat = () => {
      throw failing('unreachable')
    }
    await clock.advance(60_000)
    expect(coordinator.beatTimeoutsMs.slice(0, 6)).toEqual([30_000, 2_500, 5_000, 10_000, 20_000, 30_000])
  })

  it('does not cancel a job that it was handed again while the beat that listed its old lease was on its way', async () => {
    const { coordinator, clock, run, hold } = heartbeatRig()
    const job = hold('a', 600_000)
    coordinator.onHeartbeat = () => {
      const lease = { id: 'newer', expiresAt: '2026-01-01T01:00:00.000Z' }
      if (coordinator.heartbeats.length === 1) job.adopt({ ...job.entry.job, attempt: 2, lease })
      return { ...NO_ORDERS, cancel: ['a'] }
    }
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    expect(job.signal.aborted).toBe(false)
    await clock.advance(20_000)
    expect(job.signal.aborted).toBe(true)
  })

  it('cancels a job that came after the beat was sent', async () => {
    const { coordinator, run, hold } = heartbeatRig()
    const late: ActiveJob[] = []
    coordinator.onHeartbeat = () => {
      if (late.length === 0) late.push(hold('late', 600_000))
      return { ...NO_ORDERS, cancel: ['late'] }
    }
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    expect(late[0]?.signal.aborted).toBe(true)
  })
})
