import type { MinerStatus } from '../../../src/domain/miner-status.ts'

/** 2026-01-01T12:00:00Z, the moment of the example. */
export const EXAMPLE_NOW_MS = Date.UTC(2026, 0, 1, 12)

/** A miner with something in every field. */
export const EXAMPLE_STATUS: MinerStatus = {
  version: '0.1.0',
  pid: 4242,
  startedAt: '2026-01-01T09:55:00Z',
  minerId: 'box-gpu0',
  wallet: 'wallet1abc',
  state: 'waiting',
  stateReason: 'the coordinator cannot be reached',
  mode: 'gpu',
  slots: { total: 2, busy: 1 },
  jobs: [
    {
      id: 'job_7',
      workload: 'llm_gen',
      state: 'running',
      attempt: 2,
      startedAt: '2026-01-01T11:59:48Z',
      progress: { done: 37, total: 128 },
    },
  ],
  outbox: { waiting: 2, oldestAgeS: 312, nextTryInS: 12, lastError: 'connect ECONNREFUSED' },
  coordinator: {
    url: 'https://coordinator.corp',
    reachable: false,
    lastContactAt: '2026-01-01T11:54:40Z',
    lastError: 'connect ECONNREFUSED',
    longPoll: true,
    skipped: { model: 3, vram: 0 },
    balance: '12.50 AITBC',
  },
  engines: [
    {
      engine: 'llama',
      device: 'gpu0',
      state: 'ready',
      pid: 77,
      activeRuns: 1,
      restarts: 0,
      rssMb: 512.3,
      sandbox: 'Landlock ABI 7, seccomp',
      version: 'llama.cpp b1234',
      backend: 'cuda',
    },
    {
      engine: 'onnx',
      device: 'cpu',
      state: 'stopped',
      pid: null,
      activeRuns: 0,
      restarts: 2,
      rssMb: null,
      sandbox: null,
      version: null,
      backend: null,
    },
  ],
  gpus: [
    {
      index: 0,
      name: 'NVIDIA GeForce RTX 4060 Ti',
      vramMb: 16380,
      backend: 'cuda',
      driver: '570.86.10',
      isUsable: true,
      problem: null,
    },
  ],
  totals: { accepted: 12, proved: 11, failed: 1, credited: 10, dropped: 0 },
  recent: [{ id: 'job_6', workload: 'sd_infer', state: 'settled', result: 'credited 0.25 AITBC', at: '2026-01-01T11:59:20Z' }],
}
