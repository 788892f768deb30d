import { describe, expect, it } from 'vitest'
import type { MinerStatus } from '../../../src/domain/miner-status.ts'
import { statusLine } from '../../../src/daemon/status-line.ts'
import { minerStatus } from '../../support/miner-status.ts'

const JOB = { id: 'j', workload: 'llm_gen', state: 'running', attempt: 1, startedAt: '', progress: null }

function what(status: Partial<MinerStatus>): string {
  return statusLine(minerStatus(status)).what
}

describe('the line for systemctl status', () => {
  it('says which keys to set while the miner is not configured', () => {
    const stateReason = 'not configured: set API_KEY in /etc/aitbc/miner.conf, then reload or restart the miner'
    expect(what({ state: 'waiting', stateReason })).toBe(`waiting: ${stateReason}`)
  })

  it('says that there is no job', () => {
    expect(what({})).toBe('ready, no job at present')
  })

  it('says what runs, what was done and what it brought', () => {
    const status = minerStatus({
      slots: { total: 3, busy: 2 },
      jobs: [JOB, { ...JOB, id: 'k' }],
      totals: { accepted: 15, proved: 13, failed: 1, credited: 12, dropped: 0 },
      outbox: { waiting: 1, oldestAgeS: 1, nextTryInS: 1, lastError: null },
    })
    const line = statusLine({
      ...status,
      coordinator: { ...status.coordinator, balance: '0.85 AITBC', lastContactAt: '2026-01-02T03:04:05.678Z' },
    })
    expect(line).toEqual({
      what: 'running 2 of 3 jobs (llm_gen); 12 done, 1 failed, 1 waiting for delivery, balance 0.85 AITBC',
      contact: 'coordinator heard at 03:04:05 UTC',
    })
  })

  it('says why no more jobs are taken while some run', () => {
    expect(what({ state: 'draining', stateReason: 'running jobs may finish', jobs: [JOB] })).toBe(
      'draining: running jobs may finish; running 1 of 1 job (llm_gen)',
    )
  })

  it('says what is wrong with a GPU', () => {
    const gpu = {
      index: 0,
      name: 'A',
      vramMb: null,
      backend: 'cpu',
      driver: null,
      isUsable: false,
      problem: 'install its driver',
    }
    expect(what({ gpus: [gpu] })).toBe('ready, no job at present; GPU 0: install its driver')
  })
})
