import { describe, expect, it, onTestFinished } from 'vitest'
import type { MinerStatus } from '../../../src/domain/miner-status.ts'
import { ServiceStatus } from '../../../src/daemon/service-status.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { minerStatus } from '../../support/miner-status.ts'

function heardAt(time: string): MinerStatus {
  const status = minerStatus()
  return { ...status, coordinator: { ...status.coordinator, lastContactAt: `2026-01-01T${time}.000Z` } }
}

function setUp() {
  const clock = new FakeClock()
  const told: string[] = []
  const state: { status: MinerStatus | null } = { status: null }
  const notifier = { status: (text: string): void => void told.push(text), watchdog: (): void => void told.push('beat') }
  const service = new ServiceStatus({ status: () => state.status, notifier, clock })
  service.start()
  onTestFinished(() => service.stop())
  return { clock, told, state, service }
}

describe('ServiceStatus', () => {
  it('tells a change within two seconds, and nothing while nothing changes', async () => {
    const { clock, told, state } = setUp()
    await clock.advance(10_000)
    state.status = minerStatus()
    await clock.advance(10_000)
    state.status = minerStatus({ state: 'waiting', stateReason: 'no answer' })
    await clock.advance(10_000)
    expect(told).toEqual(['ready, no job at present', 'waiting: no answer'])
  })

  it('tells a later contact with the next beat alone', async () => {
    const { clock, told, state, service } = setUp()
    state.status = heardAt('00:00:01')
    await clock.advance(2_000)
    state.status = heardAt('00:00:21')
    await clock.advance(10_000)
    service.beat()
    expect(told).toEqual([
      'ready, no job at present; coordinator heard at 00:00:01 UTC',
      'ready, no job at present; coordinator heard at 00:00:21 UTC',
      'beat',
    ])
  })

  it('has a last word', async () => {
    const { clock, told, state, service } = setUp()
    state.status = minerStatus()
    service.end('stopped')
    service.beat()
    await clock.advance(10_000)
    expect(told).toEqual(['stopped', 'beat'])
  })
})
