import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { HttpCoordinator } from '../../../src/coordinator/http-coordinator.ts'
import { CoordinatorFailure } from '../../../src/domain/coordinator-failure.ts'
import { jobFailure } from '../../../src/domain/failure-codes.ts'
import type { OutboxEntry } from '../../../src/domain/journal.ts'
import type { Job } from '../../../src/domain/job.ts'
import type { JobOutput, Outcome } from '../../../src/domain/outcome.ts'
import { HeartbeatSchema } from '../../../src/protocol/heartbeat.ts'
import { ProofSchema } from '../../../src/protocol/proof.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { startScriptedServer } from '../../support/scripted-server.ts'
import type { ReceivedRequest, ScriptedAnswer } from '../../support/scripted-server.ts'

const NEVER = new AbortController().signal
const KEY = 'key/of+node-1'

async function setUp(
  script: (request: ReceivedRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
  timeoutMs = 5_000,
  basePath = '',
) {
  const server = await startScriptedServer(script)
  const logger = new RecordingLogger()
  const coordinator = new HttpCoordinator({
    transport: {
      baseUrl: new URL(basePath, server.url),
      apiKey: { reveal: () => KEY },
      certificates: null,
      timeoutMs,
      maxConnections: 4,
      userAgent: 'aitbc-miner/test',
    },
    sender: { minerId: 'node-1', wallet: 'w1', mode: 'cpu', hasGpu: false },
    clock: new SystemClock(),
    logger,
  })
  onTestFinished(() => coordinator.close())
  return { coordinator, logger, requests: server.requests }
}

const JOB_LEASE = { id: 'L1', expires_at: '2026-01-01T00:00:00Z' }

const JOB: Job = {
  id: 'job:1',
  workload: 'llm_gen',
  params: {},
  model: null,
  inputs: [],
  limits: { maxRuntimeS: null, ramMb: null, vramMb: null, maxOutputBytes: null },
  lease: { id: 'L1', expiresAt: '2026-01-01T00:00:00Z' },
  attempt: 2,
  reward: null,
  deadline: null,
}

function entryOf(outcome: Outcome, job = JOB): OutboxEntry {
  return {
    seq: 1,
    job,
    outcome,
    idempotencyKey: '00000000-0000-4000-8000-000000000001',
    tries: 0,
    nextTryAtMs: 0,
    createdAtMs: 0,
  }
}

function provedWith(output: JobOutput): Outcome {
  return {
    kind: 'proved',
    mode: 'cpu',
    output,
    metrics: { run_ms: 5 },
    startedAt: '2026-01-01T00:00:00Z',
    finishedAt: '2026-01-01T00:00:01Z',
    poc: null,
  }
}

function textOutput(text: string): JobOutput {
  const data = Buffer.from(text)
  return {
    mediaType: 'application/json',
    sha256: createHash('sha256').update(data).digest('hex'),
    sizeBytes: data.length,
    bytes: { kind: 'memory', data },
  }
}

const RECEIPT = {
  id: JOB.id,
  status: 'accepted',
  output_sha: 'a'.repeat(64),
  reward: { amount: '0.25', unit: 'AITBC' },
  balance: '1.5',
}
const HEARTBEAT = { status: 'online', slots: { total: 1, busy: 0 }, jobs: [], gpus: [], capabilities: null } as const

describe('HttpCoordinator', () => {
  it('sends the key, an idempotency key and a body that fits the API with each heartbeat', async () => {
    const { coordinator, requests } = await setUp(() => ({
      body: { server_time: '2026-01-01T00:00:00Z', cancel: ['a'], drain: true },
    }))
    const answer = await coordinator.heartbeat(HEARTBEAT, NEVER)
    expect(answer).toEqual({ serverTimeMs: Date.parse('2026-01-01T00:00:00Z'), leases: null, cancel: ['a'], drain: true })
    const [request] = requests
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`)
    expect(request?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/)
    expect(HeartbeatSchema.parse(JSON.parse(String(request?.body)))).toMatchObject({
      miner_id: 'node-1',
      wallet: 'w1',
      mode: 'cpu',
      gpu: false,
    })
  })

  it('takes 204 for a heartbeat answer that says nothing, and for no job', async () => {
    const { coordinator } = await setUp(() => ({ status: 204 }))
    expect(await coordinator.heartbeat(HEARTBEAT, NEVER)).toEqual({
      serverTimeMs: expect.any(Number),
      leases: null,
      cancel: [],
      drain: false,
    })
    expect(await coordinator.next({ slots: 1, waitS: 0, workloads: [] }, NEVER)).toEqual({ kind: 'none', skipped: {} })
  })

  it('keeps a path in COORD_URL in front of the API', async () => {
    const { coordinator, requests } = await setUp(() => ({ body: {} }), 5_000, '/pool/eu/')
    await coordinator.next({ slots: 3, waitS: 20, workloads: ['a', 'b'] }, NEVER)
    expect(requests[0]?.path).toBe('/pool/eu/v1/miner/next?miner=node-1&slots=3&wait=20&workloads=a%2Cb')
  })

  it('sends a small output inside the proof and reads the receipt', async () => {
    const { coordinator, requests } = await setUp(() => ({ status: 201, body: RECEIPT }))
    const output = textOutput('{"a":"ü"}')
    expect(await coordinator.deliver(entryOf(provedWith(output)), NEVER)).toEqual({
      kind: 'credited',
      reward: '0.25',
      balance: '1.5',
      unit: 'AITBC',
    })
    expect(requests.map((request) => request.path)).toEqual(['/v1/miner/proof'])
    const proof = ProofSchema.parse(JSON.parse(String(requests[0]?.body)))
    expect(proof).toMatchObject({
      id: 'job:1',
      output_sha: output.sha256,
      lease_id: 'L1',
      attempt: 2,
      output: { inline: { encoding: 'utf8', data: '{"a":"ü"}' } },
    })
  })

  it('sends the same key and the same bytes each time it delivers an entry', async () => {
    const { coordinator, requests } = await setUp(() => ({ status: 500 }))
    const entry = entryOf(provedWith(textOutput('{}')))
    await expect(coordinator.deliver(entry, NEVER)).rejects.toBeInstanceOf(CoordinatorFailure)
    await expect(coordinator.deliver(entry, NEVER)).rejects.toBeInstanceOf(CoordinatorFailure)
    expect(requests.map((request) => request.headers['idempotency-key'])).toEqual([entry.idempotencyKey, entry.idempotencyKey])
    expect(requests[0]?.body.equals(requests[1]?.body ?? Buffer.alloc(0))).toBe(true)
  })

  it('uploads a large output with its digest before the proof', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'aitbc-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    const data = Buffer.alloc(200_000, 7)
    const path = join(dir, 'out.bin')
    await writeFile(path, data)
    const sha256 = createHash('sha256').update(data).digest('hex')
    const { coordinator, requests } = await setUp((request) => ({ status: 201, body: request.method === 'PUT' ? {} : RECEIPT }))
    await coordinator.deliver(
      entryOf(provedWith({ mediaType: 'image/png', sha256, sizeBytes: data.length, bytes: { kind: 'file', path } })),
      NEVER,
    )
    expect(requests.map((request) => `${request.method} ${request.path}`)).toEqual([
      'PUT /v1/miner/jobs/job%3A1/output',
      'POST /v1/miner/proof',
    ])
    expect(requests[0]?.headers['content-digest']).toBe(`sha-256=:${createHash('sha256').update(data).digest('base64')}:`)
    expect(requests[0]?.body.equals(data)).toBe(true)
    expect(JSON.parse(String(requests[1]?.body))).not.toHaveProperty('output.inline')
  })

  it('lets the proof say whether it was taken when its upload is refused because the lease has ended', async () => {
    const data = Buffer.alloc(70_000, 'x')
    const lost = { status: 409, body: { error: { code: 'LEASE_LOST', message: 'm' } } }
    for (const [proofAnswer, kind] of [[{ status: 200, body: RECEIPT }, 'credited'] as const, [lost, 'dropped'] as const]) {
      const { coordinator } = await setUp((request) => (request.method === 'PUT' ? lost : proofAnswer))
      const output = {
        mediaType: 'text/plain',
        sha256: 'a'.repeat(64),
        sizeBytes: data.length,
        bytes: { kind: 'memory', data },
      } as const
      expect(await coordinator.deliver(entryOf(provedWith(output)), NEVER)).toMatchObject({ kind })
    }
  })

  it.each([
    [{ status: 409, body: { error: { code: 'JOB_ALREADY_PROVEN', message: 'm' } } }, 'credited'],
    [{ status: 200, body: RECEIPT }, 'credited'],
    [{ status: 201, body: '' }, 'credited'],
    [{ status: 409, body: { error: { code: 'LEASE_LOST', message: 'm' } } }, 'dropped'],
    [{ status: 404, body: { error: { code: 'JOB_NOT_FOUND', message: 'm' } } }, 'dropped'],
  ] as const)('ends the delivery of a proof on %j as %s', async (answer, kind) => {
    const { coordinator } = await setUp(() => answer)
    expect(await coordinator.deliver(entryOf(provedWith(textOutput('{}'))), NEVER)).toMatchObject({ kind })
  })

  it('takes a bare 404 for a proxy without its coordinator at first, and for the last word in the end', async () => {
    const { coordinator } = await setUp(() => ({ status: 404, body: '<html>no backend</html>' }))
    const entry = entryOf(provedWith(textOutput('{}')))
    await expect(coordinator.deliver(entry, NEVER)).rejects.toMatchObject({ status: 404 })
    expect(await coordinator.deliver({ ...entry, tries: 10 }, NEVER)).toMatchObject({ kind: 'dropped' })
  })

  it('works with a coordinator that has the core profile alone, and says once what it lacks', async () => {
    const core = new Set(['/v1/miner/heartbeat', '/v1/miner/next', '/v1/miner/proof'])
    const { coordinator, logger, requests } = await setUp((request) =>
      core.has(request.path.split('?')[0] ?? '') ? { body: {} } : { status: 404 },
    )
    const failed = entryOf({ kind: 'failed', failure: jobFailure('E_ENGINE', 'm'), metrics: {} })
    const dropped = { kind: 'dropped', reason: 'not reported: this coordinator has no endpoint for failures' }
    expect(await coordinator.deliver(failed, NEVER)).toEqual(dropped)
    expect(await coordinator.deliver(failed, NEVER)).toEqual(dropped)
    await coordinator.sendEvents('job_1', [], NEVER)
    await coordinator.sendEvents('job_1', [], NEVER)
    expect(requests.map((request) => request.path)).toEqual(['/v1/miner/fail', '/v1/miner/jobs/job_1/events'])
    expect(logger.lines.filter((line) => line.message.startsWith('coordinator lacks'))).toHaveLength(2)
  })

  it('does not take 404 for one job to mean that there is no such endpoint', async () => {
    const { coordinator, requests } = await setUp(() => ({
      status: 404,
      body: { error: { code: 'JOB_NOT_FOUND', message: 'm' } },
    }))
    const failed = entryOf({ kind: 'failed', failure: jobFailure('E_ENGINE', 'm'), metrics: {} })
    expect(await coordinator.deliver(failed, NEVER)).toMatchObject({ kind: 'dropped' })
    expect(await coordinator.deliver(failed, NEVER)).toMatchObject({ kind: 'dropped' })
    expect(requests).toHaveLength(2)
  })

  it('does not take an endpoint that has worked for missing', async () => {
    let answers = 0
    const { coordinator, requests } = await setUp(() => ({ status: (answers += 1) === 2 ? 404 : 200, body: {} }))
    const failed = entryOf({ kind: 'failed', failure: jobFailure('E_ENGINE', 'm'), metrics: {} })
    expect(await coordinator.deliver(failed, NEVER)).toEqual({ kind: 'reported' })
    await expect(coordinator.deliver(failed, NEVER)).rejects.toMatchObject({ status: 404 })
    expect(await coordinator.deliver(failed, NEVER)).toEqual({ kind: 'reported' })
    expect(requests).toHaveLength(3)
  })

  it.each([
    ['an answer that is no JSON', { body: '<html>' }, 'garbled'],
    ['a heartbeat answer of another shape', { body: { leases: 'none' } }, 'garbled'],
    ['a reset connection', { reset: true }, 'unreachable'],
    ['a redirect', { status: 307, headers: { location: 'http://127.0.0.1:1/' } }, 'rejected'],
    ['a refused key', { status: 401 }, 'unauthorized'],
    ['a key that may not mine', { status: 403 }, 'unauthorized'],
    ['an overload', { status: 503, headers: { 'retry-after': '7' } }, 'overloaded'],
  ] as const)('rejects on %s', async (_what, answer, failureClass) => {
    const { coordinator, requests } = await setUp(() => answer)
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toMatchObject({ failureClass })
    expect(requests).toHaveLength(1)
  })

  it('stops reading an answer that has no end, and says so', async () => {
    const { coordinator } = await setUp(() => ({ body: `{"padding":"${'x'.repeat(1024 * 1024)}"}` }))
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toMatchObject({
      failureClass: 'garbled',
      message: 'POST /v1/miner/heartbeat: the answer is larger than 1048576 bytes and was not read to its end',
    })
    expect(await coordinator.next({ slots: 1, waitS: 0, workloads: [] }, NEVER)).toMatchObject({ kind: 'none' })
  })

  it('takes the Date of an answer for the time of a coordinator that does not tell it', async () => {
    const { coordinator } = await setUp(() => ({ status: 204, headers: { date: 'Thu, 01 Jan 2026 05:00:00 GMT' } }))
    expect((await coordinator.heartbeat(HEARTBEAT, NEVER)).serverTimeMs).toBe(Date.parse('2026-01-01T05:00:00Z'))
  })

  it('keeps the key, and a message without end, out of what it reports', async () => {
    const message = `bad key Bearer ${KEY} ${'x'.repeat(10_000)}`
    const { coordinator } = await setUp(() => ({ status: 401, body: { error: { code: 'UNAUTHORIZED', message } } }))
    const failure: unknown = await coordinator.heartbeat(HEARTBEAT, NEVER).catch((error: unknown) => error)
    expect(String(failure)).toContain('bad key Bearer [redacted]')
    expect(String(failure).length).toBeLessThan(1_000)
  })

  it('keeps the key out of what it reports of a redirect', async () => {
    const location = `https://elsewhere.example/?${new URLSearchParams({ key: KEY }).toString()}`
    const { coordinator } = await setUp(() => ({ status: 302, headers: { location } }))
    const failure: unknown = await coordinator.heartbeat(HEARTBEAT, NEVER).catch((error: unknown) => error)
    expect(String(failure)).toContain('https://elsewhere.example/?key=[redacted]')
  })

  it.each([
    ['in its params', { id: 'job:1', workload: 'llm_gen', params: { prompt: `say ${KEY}` }, lease: JOB_LEASE }, 'job:1'],
    ['in base64', { id: 'job:1', workload: 'llm_gen', params: { data: btoa(`x${KEY}`) }, lease: JOB_LEASE }, 'job:1'],
    ['as its id', { id: KEY, workload: 'llm_gen', lease: JOB_LEASE }, '[redacted]'],
    ['in the name of a field', { id: 'job:1', workload: 'llm_gen', params: { [KEY]: 1 }, lease: JOB_LEASE }, 'job:1'],
  ])('has a job refused that brings the key %s', async (_where, body, id) => {
    const { coordinator } = await setUp(() => ({ body }))
    const answer = await coordinator.next({ slots: 1, waitS: 0, workloads: ['llm_gen'] }, NEVER)
    expect(answer).toMatchObject({ kind: 'malformed', id, leaseId: 'L1', failure: { retryable: id === 'job:1' } })
    expect(JSON.stringify(answer)).not.toContain(KEY)
  })

  it('takes the key out of every other answer, which goes its way', async () => {
    const { coordinator } = await setUp(() => ({ body: { ...RECEIPT, reward: { amount: '1', unit: KEY } } }))
    expect(await coordinator.deliver(entryOf(provedWith(textOutput('{}'))), NEVER)).toMatchObject({
      kind: 'credited',
      unit: '[redacted]',
    })
  })

  it.each([405, 501])('tries a proof again that is answered %i, for it is finished work', async (status) => {
    const { coordinator } = await setUp(() => ({ status }))
    await expect(coordinator.deliver(entryOf(provedWith(textOutput('{}'))), NEVER)).rejects.toMatchObject({ status })
  })

  it('takes 403 for a refused key when it asks for jobs, and for one refused proof when it delivers', async () => {
    const { coordinator } = await setUp(() => ({ status: 403 }))
    await expect(coordinator.next({ slots: 1, waitS: 0, workloads: [] }, NEVER)).rejects.toMatchObject({
      failureClass: 'unauthorized',
    })
    await expect(coordinator.deliver(entryOf(provedWith(textOutput('{}'))), NEVER)).rejects.toMatchObject({
      failureClass: 'rejected',
    })
  })

  it('ends the delivery of a proof whose output file is gone, and does not blame the coordinator', async () => {
    const { coordinator, requests } = await setUp(() => ({ body: RECEIPT }))
    const output: JobOutput = { ...textOutput('x'), bytes: { kind: 'file', path: '/nowhere/output' } }
    expect(await coordinator.deliver(entryOf(provedWith(output)), NEVER)).toMatchObject({ kind: 'dropped' })
    expect(requests).toEqual([])
  })

  it('tries a proof again that is answered with the receipt of another one', async () => {
    const { coordinator } = await setUp(() => ({ status: 200, body: { ...RECEIPT, id: 'job:2' } }))
    await expect(coordinator.deliver(entryOf(provedWith(textOutput('{}'))), NEVER)).rejects.toMatchObject({
      failureClass: 'garbled',
      message: expect.stringContaining('job:2'),
    })
  })

  it('takes a receipt under an id of its own where it is for the same output', async () => {
    const output = textOutput('{}')
    const { coordinator } = await setUp(() => ({ status: 200, body: { ...RECEIPT, id: 'receipt-7', output_sha: output.sha256 } }))
    expect(await coordinator.deliver(entryOf(provedWith(output)), NEVER)).toMatchObject({ kind: 'credited', reward: '0.25' })
  })

  it('passes on Retry-After', async () => {
    const { coordinator } = await setUp(() => ({ status: 429, headers: { 'retry-after': '7' } }))
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toMatchObject({ retryAfterMs: 7_000 })
  })

  it('reads a date in Retry-After by the clock of the coordinator', async () => {
    const [now, later] = [Date.UTC(2031, 0, 1, 12, 0, 0), Date.UTC(2031, 0, 1, 12, 0, 9)].map((ms) => new Date(ms).toUTCString())
    const { coordinator } = await setUp(() => ({ status: 503, headers: { date: String(now), 'retry-after': String(later) } }))
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toMatchObject({ retryAfterMs: 9_000 })
  })

  it('gives up on a coordinator that does not answer within the timeout', async () => {
    const { promise, resolve } = Promise.withResolvers<ScriptedAnswer>()
    const { coordinator } = await setUp(() => promise, 50)
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toMatchObject({ failureClass: 'unreachable' })
    resolve({})
  })

  it('says that nothing listens there when the connection is refused', async () => {
    const { coordinator } = await setUp(() => ({}), 5_000, 'http://127.0.0.1:1/')
    await expect(coordinator.heartbeat(HEARTBEAT, NEVER)).rejects.toThrow('connection refused')
  })

  it('tells at level debug of each call, and why an answer with no id brought no job', async () => {
    const answers: ScriptedAnswer[] = [{ body: { job: { id: 'j1' } } }, { body: {} }, { status: 500 }]
    const { coordinator, logger } = await setUp(() => answers.shift() ?? {})
    const query = { slots: 1, waitS: 0, workloads: [] }
    await coordinator.next(query, NEVER)
    await coordinator.next(query, NEVER)
    await expect(coordinator.next(query, NEVER)).rejects.toThrow('HTTP 500')
    const took_ms: unknown = expect.any(Number)
    expect(logger.lines.map(({ level, message, attributes }) => [level, message, attributes])).toEqual([
      ['debug', 'coordinator answered', { call: 'GET /v1/miner/next', status: 200, took_ms }],
      ['debug', 'no job in the answer: it has no id', { fields: 'job' }],
      ['debug', 'coordinator answered', { call: 'GET /v1/miner/next', status: 200, took_ms }],
      ['debug', 'call to the coordinator failed', { error: 'GET /v1/miner/next: HTTP 500', took_ms }],
    ])
  })
})
