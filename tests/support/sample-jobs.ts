import type { RunResult } from '../../src/domain/engine.ts'
import type { Job } from '../../src/domain/job.ts'
import type { Failed, OutputBytes, Proved } from '../../src/domain/outcome.ts'

/** A job as a coordinator of the full profile sends it. */
export function sampleJob(changes: Partial<Job> = {}): Job {
  return {
    id: 'job_1',
    workload: 'llm_gen',
    params: { prompt: 'Once upon a time', max_tokens: 8 },
    model: { name: 'tiny-llm', uri: null, sha256: null, bytes: null },
    inputs: [{ name: 'text', uri: 'https://example.net/text', sha256: 'c'.repeat(64), bytes: 4, mediaType: 'text/plain' }],
    limits: { maxRuntimeS: 600, ramMb: null, vramMb: null, maxOutputBytes: null },
    lease: { id: 'lease_1', expiresAt: '2026-01-01T00:10:00.000Z' },
    attempt: 1,
    reward: { amount: '0.25', unit: 'AITBC' },
    deadline: null,
    ...changes,
  }
}

/** A job as a coordinator of the core profile sends it: nothing but an id and a workload. */
export function coreJob(id: string, changes: Partial<Job> = {}): Job {
  return {
    id,
    workload: 'torch_bench',
    params: {},
    model: null,
    inputs: [],
    limits: { maxRuntimeS: null, ramMb: null, vramMb: null, maxOutputBytes: null },
    lease: null,
    attempt: 1,
    reward: null,
    deadline: null,
    ...changes,
  }
}

/** What an engine gives for a job: an empty JSON object. */
export function sampleResult(): RunResult {
  return {
    mode: 'cpu',
    output: {
      mediaType: 'application/json',
      sha256: 'a'.repeat(64),
      sizeBytes: 2,
      bytes: { kind: 'memory', data: Buffer.from('{}') },
    },
    metrics: { gflops: 1.5 },
    environment: { engine: 'test' },
  }
}

/** A proof of 3 bytes in memory, unless other bytes are given. */
export function sampleProof(bytes: OutputBytes = { kind: 'memory', data: new Uint8Array([1, 2, 3]) }): Proved {
  return {
    kind: 'proved',
    mode: 'cpu',
    output: { mediaType: 'application/json', sha256: 'a'.repeat(64), sizeBytes: 3, bytes },
    metrics: { run_ms: 12.5 },
    startedAt: '2026-01-01T00:00:00.000Z',
    finishedAt: '2026-01-01T00:00:01.000Z',
    poc: null,
  }
}

export function sampleFailure(): Failed {
  return {
    kind: 'failed',
    failure: { code: 'E_INVALID', message: 'size must be positive', retryable: false },
    metrics: { run_ms: 1 },
  }
}
