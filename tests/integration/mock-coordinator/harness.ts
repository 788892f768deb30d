import { createHash, randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { startCoordinator } from '../../../mock-coordinator/server.ts'
import type { Coordinator, CoordinatorOptions } from '../../../mock-coordinator/server.ts'

const BodySchema = z.record(z.string(), z.any())

/** An answer as a test reads it. */
export interface Reply {
  readonly status: number
  // oxlint-disable-next-line typescript/no-explicit-any -- a test states what it expects of a body, field by field
  readonly body: Record<string, any>
  readonly headers: Headers
}

/** A coordinator on a free port with a clock of the test's own, closed when the test ends. */
export class Harness {
  readonly coordinator: Coordinator
  readonly #clock: { nowMs: number }

  private constructor(coordinator: Coordinator, clock: { nowMs: number }) {
    this.coordinator = coordinator
    this.#clock = clock
  }

  static async start(options: CoordinatorOptions = {}): Promise<Harness> {
    const clock = { nowMs: Date.parse('2026-01-01T00:00:00Z') }
    const coordinator = await startCoordinator({ nowMs: () => clock.nowMs, sweepMs: 1_000_000, ...options })
    onTestFinished(() => coordinator.close())
    return new Harness(coordinator, clock)
  }

  /** Lets time pass and has the coordinator notice. */
  pass(seconds: number): void {
    this.#clock.nowMs += seconds * 1000
    this.coordinator.sweep()
  }

  async call(
    method: string,
    path: string,
    options: { body?: unknown; key?: string | null; headers?: Record<string, string> } = {},
  ): Promise<Reply> {
    const { key = 'demo' } = options
    const response = await fetch(`${this.coordinator.url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(options.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined
        ? {}
        : { body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    return { status: response.status, body: isJson ? BodySchema.parse(JSON.parse(text)) : { text }, headers: response.headers }
  }

  async submit(fields: Record<string, unknown> = {}, key = 'demo'): Promise<string> {
    const { body } = await this.call('POST', '/v1/jobs', {
      body: { workload: 'llm_gen', params: { prompt: 'hi' }, ...fields },
      key,
    })
    return z.string().parse(body['id'])
  }

  next(miner = 'm1', key = 'demo', query = ''): Promise<Reply> {
    return this.call('GET', `/v1/miner/next?miner=${miner}&slots=1${query}`, { key })
  }

  heartbeat(fields: Record<string, unknown> = {}, key = 'demo'): Promise<Reply> {
    return this.call('POST', '/v1/miner/heartbeat', {
      body: { miner_id: 'm1', wallet: 'w1', mode: 'cpu', gpu: 0, ...fields },
      key,
    })
  }

  prove(
    id: string,
    fields: Record<string, unknown> = {},
    options: { key?: string; idempotencyKey?: string } = {},
  ): Promise<Reply> {
    return this.call('POST', '/v1/miner/proof', {
      body: { id, mode: 'cpu', output_sha: sha256('x'), metrics: {}, ...fields },
      key: options.key ?? 'demo',
      headers: { 'Idempotency-Key': options.idempotencyKey ?? randomUUID() },
    })
  }

  fail(id: string, fields: Record<string, unknown> = {}, key = 'demo'): Promise<Reply> {
    const error = { code: 'E_ENGINE', message: 'crashed', retryable: true, ...fields }
    return this.call('POST', '/v1/miner/fail', { body: { id, error, metrics: {} }, key })
  }

  async state(id: string): Promise<string> {
    const { body } = await this.call('GET', `/v1/jobs/${id}`)
    return `${body['state']} ${body['attempt']}`
  }
}

export function sha256(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex')
}
