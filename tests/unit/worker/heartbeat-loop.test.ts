import { describe, expect, it, onTestFinished } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { ActiveJob } from '../../../src/worker/active-jobs.ts'
import { eventually } from '../../support/eventually.ts'
import { failing, NO_ORDERS } from '../../support/fake-coordinator.ts'
import { CAPABILITIES, heartbeatRig } from '../../support/heartbeat-rig.ts'
import { diskFull } from '../../support/recorded-faults.ts'
import { coreJob } from '../../support/sample-jobs.ts'

describe('runHeartbeatLoop', () => {
  it('is overdue when a heartbeat never ends, and not while heartbeats fail', async () => {
    const { clock, coordinator, progress, run } = heartbeatRig()
    coordinator.onHeartbeat = () => {
      throw failing('unreachable')
    }
    run()
    await clock.advance(3_600_000)
    expect(progress.overdueMs).toBe(0)
    const beat = Promise.withResolvers<typeof NO_ORDERS>()
    onTestFinished(() => beat.resolve(NO_ORDERS))
    coordinator.onHeartbeat = () => beat.promise
    const before = coordinator.heartbeats.length
    await clock.advance(60_000)
    expect(coordinator.heartbeats.length).toBe(before + 1)
    await clock.advance(30_000 + 60_000)
    expect(progress.overdueMs).toBeGreaterThan(0)
  })

  it('beats at once and then every interval, registers once, and opens the gate', async () => {
    const { coordinator, clock, gate, run } = heartbeatRig()
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    expect(gate.reasons).toEqual([])
    await clock.advance(60_000)
    expect(coordinator.heartbeats).toHaveLength(4)
    expect(coordinator.registrations).toBe(1)
  })

  it("beats faster when the coordinator wishes it, and passes on its wish for the poll's wait", async () => {
    const { coordinator, clock, run, wishes } = heartbeatRig()
    coordinator.onRegister = () => ({ serverTimeMs: null, heartbeatMs: 5_000, pollWaitS: 7 })
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    await clock.advance(20_000)
    expect(coordinator.heartbeats).toHaveLength(5)
    expect(wishes).toEqual([7])
  })

  it('tells what the GPUs are doing', async () => {
    const { coordinator, run, readings } = heartbeatRig()
    readings.push({ index: 0, utilPct: 97, temperatureC: 71, powerW: 210.5, vramUsedMb: 4100, vramFreeMb: 12_000 })
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    expect(coordinator.heartbeats[0]?.gpus).toEqual(readings)
  })

  it('sends capabilities along once when they have changed, again until they are taken', async () => {
    const { coordinator, clock, run, setCapabilities } = heartbeatRig()
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    const changed = { ...CAPABILITIES, workloads: ['llm_gen'] }
    setCapabilities(changed)
    coordinator.onHeartbeat = () => {
      throw failing('unreachable')
    }
    await clock.advance(20_000)
    expect(coordinator.heartbeats.at(-1)?.capabilities).toEqual(changed)
    coordinator.onHeartbeat = () => NO_ORDERS
    const tried = coordinator.heartbeats.length
    await clock.advance(100_000)
    const sent = coordinator.heartbeats.slice(tried).map((heartbeat) => heartbeat.capabilities)
    expect(sent[0]).toEqual(changed)
    expect(sent.slice(1)).not.toContainEqual(changed)
    expect(sent.at(-1)).toBeNull()
  })

  it('beats before half of a short lease is gone, for a job that came between two beats', async () => {
    const { coordinator, clock, run, hold, wakeUp } = heartbeatRig()
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    hold('a', 8_000)
    wakeUp.notify()
    await clock.advance(3_999)
    expect(coordinator.heartbeats).toHaveLength(1)
    await clock.advance(1)
    expect(coordinator.heartbeats).toHaveLength(2)
    expect(coordinator.heartbeats[1]?.jobs).toEqual([{ id: 'a', leaseId: 'L-a', state: 'accepted', progress: null }])
  })

  it('goes on without a registration that the coordinator refuses, and does not ask again', async () => {
    const { coordinator, clock, run, logger } = heartbeatRig()
    coordinator.onRegister = () => {
      throw failing('rejected')
    }
    run()
    await eventually('asked', () => coordinator.registrations === 1)
    await clock.advance(60_000)
    expect(coordinator.registrations).toBe(1)
    expect(coordinator.heartbeats).toHaveLength(4)
    expect(logger.messages('warn')).toEqual(['coordinator refuses the registration: going on without it'])
  })

  it('renews the leases of running jobs although thousands of outcomes wait', async () => {
    const { coordinator, activeJobs, run } = heartbeatRig()
    for (let seq = 2; seq < 3_000; seq += 1) activeJobs.add(new ActiveJob({ seq, job: coreJob(`done_${seq}`) }, 0, 'proven'))
    activeJobs.add(new ActiveJob({ seq: 1, job: coreJob('running') }, 0, 'running'))
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    expect(coordinator.heartbeats[0]?.jobs[0]).toMatchObject({ id: 'running', state: 'running' })
    expect(coordinator.heartbeats[0]?.jobs).toHaveLength(256)
  })

  it('cancels the jobs that the coordinator names, and no other', async () => {
    const { coordinator, run, hold } = heartbeatRig()
    const [a, b] = [hold('a', null), hold('b', null)]
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, cancel: ['a', 'never-heard-of'] })
    run()
    await eventually('canceled', () => a.signal.aborted)
    expect(a.signal.reason).toBeInstanceOf(JobFailureError)
    expect(a.signal.reason).toMatchObject({ failure: { code: 'E_CANCELED' } })
    expect(b.signal.aborted).toBe(false)
  })

  it('gives up a job whose lease is missing twice running from answers that name leases', async () => {
    const { coordinator, clock, run, hold } = heartbeatRig()
    const [a, b] = [hold('a', 60_000), hold('b', 60_000)]
    const expiresAt = new Date(clock.nowMs() + 600_000).toISOString()
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, leases: [{ id: 'L-b', jobId: 'b', expiresAt }] })
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    expect(a.signal.aborted).toBe(false)
    await clock.advance(20_000)
    expect(a.signal.aborted).toBe(true)
    expect(b.signal.aborted).toBe(false)
  })

  it('says once that a lease is lost, however long the engine takes to let go of the job', async () => {
    const { coordinator, clock, logger, run, hold } = heartbeatRig()
    const [a, b] = [hold('a', 600_000), hold('b', 600_000)]
    const expiresAt = new Date(clock.nowMs() + 600_000).toISOString()
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, leases: [{ id: 'L-b', jobId: b.entry.job.id, expiresAt }] })
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    for (let beat = 0; beat < 5; beat += 1) await clock.advance(20_000)
    expect(a.signal.aborted).toBe(true)
    expect(logger.messages('warn').filter((message) => message.startsWith('lease lost'))).toHaveLength(1)
  })

  it('writes down a lease that comes back under another id', async () => {
    const { coordinator, clock, run, hold, renewedLeases } = heartbeatRig()
    const job = hold('a', 60_000)
    const expiresAt = new Date(clock.nowMs() + 60_000).toISOString()
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, leases: [{ id: 'L-new', jobId: 'a', expiresAt }] })
    run()
    await eventually('renewed', () => job.lease?.id === 'L-new')
    expect(renewedLeases).toEqual(['L-new'])
  })

  it('does not take a coordinator that reports no leases for one that has taken them away', async () => {
    const { coordinator, clock, run, hold } = heartbeatRig()
    const job = hold('a', 600_000)
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, leases: [] })
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    await clock.advance(200_000)
    expect(job.signal.aborted).toBe(false)
  })

  it('shuts the gate while the coordinator asks for a pause', async () => {
    const { coordinator, clock, gate, run } = heartbeatRig()
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, drain: true })
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    expect(gate.reasons).toEqual(['coordinator_asked'])
    coordinator.onHeartbeat = () => NO_ORDERS
    await clock.advance(20_000)
    expect(gate.reasons).toEqual([])
  })

  it('tells a new status at once', async () => {
    const { coordinator, run, setStatus } = heartbeatRig()
    run()
    await eventually('first beat', () => coordinator.registrations === 1)
    setStatus('draining')
    await eventually('told', () => coordinator.heartbeats.at(-1)?.status === 'draining')
  })

  it('goes on beating through failures, and says once that the coordinator is gone and once that it is back', async () => {
    const { coordinator, clock, gate, run, logger } = heartbeatRig()
    let isDown = true
    coordinator.onHeartbeat = () => {
      if (isDown) throw failing('unreachable')
      return NO_ORDERS
    }
    run()
    await eventually('failed', () => coordinator.heartbeats.length > 0)
    await clock.advance(300_000)
    expect(coordinator.heartbeats.length).toBeGreaterThan(10)
    expect(gate.reasons).toEqual(['no_contact_yet'])
    isDown = false
    await clock.advance(30_000)
    expect(gate.reasons).toEqual([])
    expect(logger.messages('warn')).toEqual(['coordinator unreachable: trying again until it answers'])
    expect(logger.messages('info')).toEqual(['coordinator reachable again'])
  })

  it('waits as long as Retry-After says', async () => {
    const { coordinator, clock, run } = heartbeatRig()
    coordinator.onHeartbeat = () => {
      throw failing('overloaded', 120_000)
    }
    run()
    await eventually('failed', () => coordinator.heartbeats.length === 1)
    await clock.advance(119_000)
    expect(coordinator.heartbeats).toHaveLength(1)
    await clock.advance(2_000)
    expect(coordinator.heartbeats).toHaveLength(2)
  })

  it.each([
    ['has run out when it comes', -1_000, 4],
    ['leaves a moment', 1, 61],
  ])('does not beat faster than once a second for a lease that %s', async (_what, leftMs, beats) => {
    const { coordinator, clock, run, hold } = heartbeatRig()
    hold('a', 60_000)
    coordinator.onHeartbeat = () => ({
      ...NO_ORDERS,
      leases: [{ id: 'L-a', jobId: 'a', expiresAt: new Date(clock.nowMs() + leftMs).toISOString() }],
    })
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    await clock.advance(60_000)
    expect(coordinator.heartbeats).toHaveLength(beats)
  })

  it('goes on when a new lease cannot be written down, and writes it down when there is space again', async () => {
    const { coordinator, clock, run, hold, journal, faults, renewedLeases } = heartbeatRig()
    const job = hold('a', 600_000)
    const write = journal.renewLease
    journal.renewLease = () => {
      throw diskFull()
    }
    const expiresAt = new Date(clock.nowMs() + 600_000).toISOString()
    coordinator.onHeartbeat = () => ({ ...NO_ORDERS, leases: [{ id: 'L-new', jobId: 'a', expiresAt }] })
    run()
    await eventually('registered', () => coordinator.registrations === 1)
    await clock.advance(60_000)
    expect(faults.reported).toContain('journal')
    expect(job.lease?.id).toBe('L-a')
    expect(job.signal.aborted).toBe(false)
    journal.renewLease = write
    await clock.advance(20_000)
    expect(renewedLeases).toEqual(['L-new'])
    expect(job.lease?.id).toBe('L-new')
  })
})
