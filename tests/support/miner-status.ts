import type { MinerStatus } from '../../src/domain/miner-status.ts'

/** A miner that waits for its first job, but for what is given. */
export function minerStatus(given: Partial<MinerStatus> = {}): MinerStatus {
  return {
    version: '1.0.0',
    pid: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    minerId: 'm1',
    wallet: 'w1',
    state: 'online',
    stateReason: null,
    mode: 'cpu',
    slots: { total: 1, busy: 0 },
    jobs: [],
    outbox: { waiting: 0, oldestAgeS: null, nextTryInS: null, lastError: null },
    coordinator: {
      url: 'http://127.0.0.1:8080/',
      reachable: true,
      lastContactAt: null,
      lastError: null,
      longPoll: null,
      skipped: null,
      balance: null,
    },
    engines: [],
    gpus: [],
    totals: { accepted: 0, proved: 0, failed: 0, credited: 0, dropped: 0 },
    recent: [],
    ...given,
  }
}
