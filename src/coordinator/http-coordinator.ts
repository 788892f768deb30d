import { randomUUID } from 'node:crypto'
import type {
  Capabilities,
  Coordinator,
  Heartbeat,
  HeartbeatAnswer,
  JobEvent,
  NextAnswer,
  NextQuery,
  RegisterAnswer,
} from '../domain/coordinator.ts'
import type { CrashPointHook } from '../domain/crash-points.ts'
import type { JobFailure } from '../domain/failure-codes.ts'
import type { OutboxEntry } from '../domain/journal.ts'
import type { Settlement } from '../domain/outcome.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import { HeartbeatAnswerSchema } from '../protocol/heartbeat.ts'
import { RegisterAnswerSchema } from '../protocol/register.ts'
import { deliverOutcome } from './deliver-outcome.ts'
import { garbled, HttpTransport } from './http-transport.ts'
import type { TransportSettings } from './http-transport.ts'
import { OptionalEndpoints } from './optional-endpoints.ts'
import { describeIssues, toHeartbeatAnswer, toNextAnswer } from './to-domain.ts'
import { toWireCapabilities, toWireEvents, toWireFail, toWireHeartbeat } from './to-wire.ts'
import type { Sender } from './to-wire.ts'

/** A job carries its prompt and links to its inputs, not the inputs. */
const MAX_JOB_BYTES = 16 * 1024 * 1024

const MAX_SHOWN_CHARS = 200

export interface HttpCoordinatorDeps {
  readonly transport: TransportSettings
  readonly sender: Sender
  readonly clock: Clock
  readonly logger: Logger
  readonly crashPoint?: CrashPointHook
}

/** The coordinator API v1 over HTTP. */
export class HttpCoordinator implements Coordinator {
  readonly #transport: HttpTransport
  readonly #sender: Sender
  readonly #optional: OptionalEndpoints
  readonly #crashPoint: CrashPointHook | undefined
  readonly #logger: Logger

  constructor(deps: HttpCoordinatorDeps) {
    this.#transport = new HttpTransport(deps.transport, deps.clock, deps.logger)
    this.#sender = deps.sender
    this.#crashPoint = deps.crashPoint
    this.#logger = deps.logger
    this.#optional = new OptionalEndpoints(deps.logger)
  }

  async register(capabilities: Capabilities, signal: AbortSignal): Promise<RegisterAnswer | null> {
    const answer = await this.#optional.call('register', () =>
      this.#post('/v1/miner/register', toWireCapabilities(capabilities), signal),
    )
    if (answer === null) return null
    const wire = RegisterAnswerSchema.safeParse(answer ?? {})
    if (!wire.success) throw garbled('POST /v1/miner/register', describeIssues(wire.error), 200)
    return {
      serverTimeMs: wire.data.server_time == null ? null : Date.parse(wire.data.server_time),
      heartbeatMs: wire.data.heartbeat_secs == null ? null : wire.data.heartbeat_secs * 1000,
      pollWaitS: wire.data.poll_wait_secs ?? null,
    }
  }

  async heartbeat(heartbeat: Heartbeat, signal: AbortSignal, timeoutMs?: number): Promise<HeartbeatAnswer> {
    const answer = await this.#transport.call({
      method: 'POST',
      path: '/v1/miner/heartbeat',
      json: toWireHeartbeat(this.#sender, heartbeat),
      idempotencyKey: randomUUID(),
      isAboutKey: true,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      signal,
    })
    const wire = HeartbeatAnswerSchema.safeParse(answer.body ?? {})
    if (!wire.success) throw garbled('POST /v1/miner/heartbeat', describeIssues(wire.error), 200)
    const said = toHeartbeatAnswer(wire.data)
    // Its leases and deadlines are by the same clock as its Date header.
    return { ...said, serverTimeMs: said.serverTimeMs ?? answer.dateMs }
  }

  async next(query: NextQuery, signal: AbortSignal): Promise<NextAnswer> {
    const answer = await this.#transport.call({
      method: 'GET',
      path: '/v1/miner/next',
      query: {
        miner: this.#sender.minerId,
        slots: String(query.slots),
        ...(query.waitS > 0 ? { wait: String(query.waitS) } : {}),
        ...(query.workloads.length > 0 ? { workloads: query.workloads.join(',') } : {}),
      },
      extraTimeoutMs: query.waitS * 1000,
      maxAnswerBytes: MAX_JOB_BYTES,
      isAboutKey: true,
      signal,
    })
    const next = toNextAnswer(answer.body, answer.hadKey)
    const fields = next.kind === 'none' ? fieldsOf(answer.body) : ''
    if (fields !== '') this.#logger.debug('no job in the answer: it has no id', { fields })
    return next
  }

  deliver(entry: OutboxEntry, signal: AbortSignal): Promise<Settlement> {
    const deps = {
      transport: this.#transport,
      optional: this.#optional,
      minerId: this.#sender.minerId,
      crashPoint: this.#crashPoint,
    }
    return deliverOutcome(deps, entry, signal)
  }

  async refuse(id: string, leaseId: string | null, failure: JobFailure, signal: AbortSignal): Promise<void> {
    const body = toWireFail(this.#sender.minerId, { id, leaseId, attempt: null }, failure, {})
    await this.#optional.call('fail', () => this.#post('/v1/miner/fail', body, signal))
  }

  async sendEvents(jobId: string, events: readonly JobEvent[], signal: AbortSignal): Promise<void> {
    const path = `/v1/miner/jobs/${encodeURIComponent(jobId)}/events`
    await this.#optional.call('events', () => this.#post(path, toWireEvents(events), signal))
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #post(path: string, json: unknown, signal: AbortSignal): Promise<unknown> {
    const answer = await this.#transport.call({ method: 'POST', path, json, idempotencyKey: randomUUID(), signal })
    return answer.body ?? {}
  }
}

/** What an answer has, by name: a job in a list or under a name of its own is none, and its author wonders why. */
function fieldsOf(body: unknown): string {
  return typeof body === 'object' && body !== null ? Object.keys(body).join(' ').slice(0, MAX_SHOWN_CHARS) : ''
}
