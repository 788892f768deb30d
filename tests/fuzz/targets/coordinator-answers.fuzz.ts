import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import fc from 'fast-check'
import { HttpCoordinator } from '../../../src/coordinator/http-coordinator.ts'
import type { Capabilities } from '../../../src/domain/coordinator.ts'
import { CoordinatorFailure } from '../../../src/domain/coordinator-failure.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import { silentLogger } from '../../../src/platform/silent-logger.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'
import { ENDPOINTS } from '../../../src/protocol/endpoints.ts'
import { ErrorBodySchema } from '../../../src/protocol/errors.ts'
import { JobSchema } from '../../../src/protocol/job.ts'
import { sampleFailure, sampleJob, sampleProof } from '../../support/sample-jobs.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import type { Attack } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'
import { damagedText } from '../mutations/text-edits.ts'
import { valuesOf } from '../schema-values.ts'

const TIMEOUT_MS = 5_000
const MAX_MESSAGE = 4_000
const API_KEY = 'k3y-of-the-fuzzed-miner'

const CALLS = ['next', 'heartbeat', 'register', 'proof', 'fail', 'refuse', 'events'] as const
type Call = (typeof CALLS)[number]

const CAPABILITIES: Capabilities = {
  minerId: 'm1',
  mode: 'cpu',
  hasGpu: false,
  concurrency: 1,
  workloads: [],
  limits: { vramMb: null, ramMb: 1, maxRuntimeS: 1, maxOutputBytes: 1 },
  version: '0',
  cpu: { model: 'x', cores: 1, arch: 'x64' },
  gpus: [],
  models: [],
  bench: {},
  publicKey: `ed25519:${'A'.repeat(43)}`,
}

interface Answer {
  readonly call: Call
  /** The whole answer, as it goes over the socket before that is closed. */
  readonly raw: string
}

const HEADERS = [
  'Content-Type: application/json',
  'Retry-After: 5',
  'Retry-After: -1',
  'Location: https://elsewhere.test/',
  'X-A: b',
  'Content-Encoding: gzip',
  'Connection: close',
]
const HTTP_WORDS = [
  '\r\n',
  '\r\n\r\n',
  'HTTP/1.1 200 OK\r\n',
  'Content-Length: 5\r\n',
  'Transfer-Encoding: chunked\r\n',
  '0\r\n\r\n',
  'ffffffff\r\n',
  ': ',
  'HTTP/1.1 100 Continue\r\n\r\n',
  'HTTP/1.1 101 x\r\n\r\n',
]

function answers(): fc.Arbitrary<Answer> {
  const bodies = fc.oneof(
    damagedJson(valuesOf(JobSchema)),
    damagedJson(valuesOf(ENDPOINTS.heartbeat.answers[200].schema)),
    damagedJson(valuesOf(ENDPOINTS.register.answers[200].schema)),
    damagedJson(valuesOf(ENDPOINTS.proof.answers[200].schema)),
    damagedJson(valuesOf(ErrorBodySchema)),
    fc.constantFrom('', '{}', 'null', '<html>', `{"error":{"code":"${API_KEY}","message":"${API_KEY}"}}`),
  )
  const status = fc.oneof(
    fc.constantFrom(200, 201, 202, 204, 301, 400, 401, 403, 404, 409, 422, 429, 500, 501, 503),
    fc.integer({ min: 100, max: 999 }),
  )
  const headers = fc.subarray(HEADERS, { maxLength: 3 })
  const whole = fc.tuple(status, headers, bodies).map(([status, headers, body]) => {
    const length = Buffer.byteLength(body)
    return [`HTTP/1.1 ${status} x`, ...headers, `Content-Length: ${length}`, '', body].join('\r\n')
  })
  const raw = fc.oneof(
    { weight: 4, arbitrary: whole },
    { weight: 1, arbitrary: damagedText(whole, { words: HTTP_WORDS, maxEdits: 3 }) },
  )
  return fc.record({ call: fc.constantFrom(...CALLS), raw })
}

/**
 * Whatever a coordinator says, a call ends by an answer in the miner's own types or by a `CoordinatorFailure`, with the API key in neither; a job
 * that is taken has an id that may be a folder's name.
 */
export const coordinatorAnswers = fuzzTarget<Answer>({
  name: 'coordinator-answers',
  runsInTests: 150,
  input: answers,
  open: async (): Promise<Attack<Answer>> => {
    let raw = ''
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(raw))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const baseUrl = new URL(`http://127.0.0.1:${portOf(server.address())}`)
    return {
      holds: async (answer) => {
        raw = answer.raw
        const coordinator = new HttpCoordinator({
          transport: {
            baseUrl,
            apiKey: { reveal: () => API_KEY },
            certificates: null,
            timeoutMs: TIMEOUT_MS,
            maxConnections: 1,
            userAgent: 'fuzz',
          },
          sender: { minerId: 'm1', wallet: 'w1', mode: 'cpu', hasGpu: false },
          clock: new SystemClock(),
          logger: silentLogger(),
        })
        try {
          check(await made(coordinator, answer.call))
        } catch (error) {
          if (!(error instanceof CoordinatorFailure)) throw error
          if (error.message.length > MAX_MESSAGE)
            throw new Error(`a message of ${error.message.length} characters`, { cause: error })
          if (error.message.includes(API_KEY)) throw new Error('repeats the API key', { cause: error })
          if (error.message.includes('no answer in time')) throw new Error('waits for a closed connection', { cause: error })
        } finally {
          await coordinator.close()
        }
      },
      close: () => new Promise((resolve) => server.close(() => resolve())),
    }
  },
})

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  return address.port
}

async function made(coordinator: HttpCoordinator, call: Call): Promise<unknown> {
  const { signal } = new AbortController()
  const sent = { seq: 1, job: sampleJob(), idempotencyKey: 'key-1', tries: 0, nextTryAtMs: 0, createdAtMs: 0 }
  switch (call) {
    case 'next':
      return coordinator.next({ slots: 1, waitS: 0, workloads: [] }, signal)
    case 'heartbeat':
      return coordinator.heartbeat(
        { status: 'online', slots: { total: 1, busy: 0 }, jobs: [], gpus: [], capabilities: null },
        signal,
      )
    case 'register':
      return coordinator.register(CAPABILITIES, signal)
    case 'proof':
      return coordinator.deliver({ ...sent, outcome: sampleProof() }, signal)
    case 'fail':
      return coordinator.deliver({ ...sent, outcome: sampleFailure() }, signal)
    case 'refuse':
      return coordinator.refuse('job_1', null, jobFailure('E_INVALID', 'm'), signal)
    case 'events':
      return coordinator.sendEvents('job_1', [], signal)
    default:
      return call satisfies never
  }
}

/** No number of an answer is none, and no id of a job is a path. */
function check(answer: unknown): void {
  if (typeof answer === 'number' && Number.isNaN(answer)) throw new Error(`a number that is none: ${answer}`)
  if (typeof answer !== 'object' || answer === null) return
  if ('kind' in answer && answer.kind === 'job' && 'job' in answer && !isJobSafe(answer.job)) throw new Error('an unsafe id')
  for (const [name, part] of Object.entries(answer)) if (name !== 'params') check(part)
}

function isJobSafe(job: unknown): boolean {
  if (typeof job !== 'object' || job === null || !('id' in job) || typeof job.id !== 'string') return false
  return /^[A-Za-z0-9._:-]{1,128}$/.test(job.id) && job.id !== '.' && job.id !== '..'
}
