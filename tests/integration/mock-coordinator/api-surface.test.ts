import { describe, expect, it } from 'vitest'
import { Harness, sha256 } from './harness.ts'

const KEYS = [
  { key: 'miner-key-1', role: 'miner', wallet: null, minerId: null },
  { key: 'miner-key-2', role: 'miner', wallet: null, minerId: null },
  { key: 'client-key-1', role: 'client', wallet: null, minerId: null },
  { key: 'client-key-2', role: 'client', wallet: null, minerId: null },
  { key: 'admin-key-1', role: 'admin', wallet: null, minerId: null },
] as const

describe('keys', () => {
  it('wants a key on every call under /v1 but reading wallets, and takes X-Api-Key for it', async () => {
    const harness = await Harness.start()
    const refused = await harness.call('GET', '/v1/jobs', { key: null })
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'UNAUTHORIZED', details: {} } } })
    expect(refused.headers.get('x-request-id')).toBeTruthy()
    expect((await harness.call('GET', '/v1/jobs', { key: null, headers: { 'X-Api-Key': 'demo' } })).status).toBe(200)
    expect((await harness.call('GET', '/v1/wallet/balance', { key: null })).status).toBe(200)
    expect((await harness.call('POST', '/v1/miner/heartbeat', { key: null, body: {} })).status).toBe(401)
  })

  it('enforces issued keys and their roles in strict mode', async () => {
    const harness = await Harness.start({ isStrict: true, keys: KEYS })
    expect((await harness.call('GET', '/v1/jobs', { key: 'made-up' })).status).toBe(401)
    expect((await harness.call('GET', '/v1/wallet/balance', { key: null })).status).toBe(401)
    expect((await harness.call('GET', '/v1/jobs', { key: 'miner-key-1' })).status).toBe(403)
    expect((await harness.next('m1', 'client-key-1')).status).toBe(403)
    expect((await harness.call('GET', '/v1/admin/stats', { key: 'client-key-1' })).status).toBe(403)
    expect((await harness.call('GET', '/v1/admin/stats', { key: 'admin-key-1' })).status).toBe(200)
  })

  it('keeps jobs, outputs and wallets to their own in strict mode', async () => {
    const harness = await Harness.start({ isStrict: true, keys: KEYS })
    const id = await harness.submit({}, 'client-key-1')
    expect((await harness.call('GET', `/v1/jobs/${id}`, { key: 'client-key-2' })).status).toBe(403)
    expect((await harness.call('GET', '/v1/jobs', { key: 'client-key-2' })).body['jobs']).toEqual([])
    await harness.heartbeat({}, 'miner-key-1')
    await harness.next('m1', 'miner-key-1')
    expect((await harness.prove(id, { miner_id: 'm1' }, { key: 'miner-key-2' })).status).toBe(403)
    expect((await harness.prove(id, {}, { key: 'miner-key-1' })).status).toBe(201)
    expect((await harness.call('GET', '/v1/wallet/balance', { key: 'miner-key-1' })).body).toMatchObject({
      wallet: 'w1',
      balance: '0.25',
    })
    expect((await harness.call('GET', '/v1/wallet/balance?wallet=w1', { key: 'miner-key-2' })).status).toBe(403)
  })

  it('slows down a caller that guesses keys', async () => {
    const harness = await Harness.start({ maxAuthFailuresPerMinute: 2 })
    for (const status of [401, 401, 429]) expect((await harness.call('GET', '/v1/jobs', { key: null })).status).toBe(status)
    const limited = await harness.call('GET', '/v1/jobs', { key: null })
    expect(limited.body['error'].code).toBe('RATE_LIMITED')
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0)
    expect((await harness.call('GET', '/v1/jobs')).status).toBe(200)
  })
})

describe('errors', () => {
  it('have one shape for malformed JSON, bad fields, unknown paths and large bodies', async () => {
    const harness = await Harness.start({ maxJsonBytes: 1000 })
    const cases = [
      { reply: await harness.call('POST', '/v1/jobs', { body: '{' }), status: 400, code: 'BAD_REQUEST' },
      { reply: await harness.call('POST', '/v1/jobs', { body: { workload: 7 } }), status: 422, code: 'INVALID_PAYLOAD' },
      {
        reply: await harness.call('POST', '/v1/jobs', { body: { workload: 'x', params: 'y'.repeat(1000) } }),
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
      },
      { reply: await harness.call('GET', '/v2/nothing'), status: 404, code: 'NOT_FOUND' },
      { reply: await harness.call('GET', '/v1/jobs/%E0%A4%A'), status: 400, code: 'BAD_REQUEST' },
      { reply: await harness.call('GET', '/v1/jobs/none'), status: 404, code: 'JOB_NOT_FOUND' },
      { reply: await harness.call('GET', '/v1/miner/next?slots=1'), status: 422, code: 'INVALID_PAYLOAD' },
    ]
    for (const { reply, status, code } of cases) {
      expect(reply).toMatchObject({ status, body: { error: { code, message: expect.any(String), details: expect.any(Object) } } })
    }
    expect(cases[1]?.reply.body['error'].details.field).toBe('workload')
  })
})

describe('events', () => {
  it('stream state, tokens and progress, replay the past, resume after an id and end with done', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    const batch = [
      { seq: 1, at: '2026-01-01T00:00:00Z', type: 'token', data: 'Hel' },
      { seq: 2, at: '2026-01-01T00:00:00Z', type: 'progress', data: { done: 1, total: 2 } },
      { seq: 3, at: '2026-01-01T00:00:00Z', type: 'log', data: 'noise' },
    ]
    const send = () => harness.call('POST', `/v1/miner/jobs/${id}/events`, { body: batch })
    expect(await send()).toMatchObject({ status: 202, body: { accepted: 3 } })
    expect((await send()).body).toEqual({ accepted: 0 })
    const watching = fetch(`${harness.coordinator.url}/v1/jobs/${id}/events`, { headers: { Authorization: 'Bearer demo' } })
    const response = await watching
    await harness.prove(id)
    const text = await response.text()
    expect(text.match(/^event: .*$/gm)).toEqual(
      ['state', 'state', 'token', 'progress', 'state', 'done'].map((type) => `event: ${type}`),
    )
    expect(text).toContain('"data":"Hel"')
    const lastToken = /id: (\d+)\nevent: token/.exec(text)?.[1] ?? ''
    const resumed = await harness.call('GET', `/v1/jobs/${id}/events`, { headers: { 'Last-Event-ID': lastToken } })
    expect(String(resumed.body['text']).match(/^event: .*$/gm)).toEqual(['event: progress', 'event: state', 'event: done'])
    const atEnd = /id: (\d+)\nevent: done/.exec(text)?.[1] ?? ''
    const over = await harness.call('GET', `/v1/jobs/${id}/events`, { headers: { 'Last-Event-ID': atEnd } })
    expect(String(over.body['text']).match(/^event: .*$/gm)).toEqual(['event: done'])
  })

  it('are taken from the holder alone', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    expect((await harness.call('POST', `/v1/miner/jobs/${id}/events`, { body: [], key: 'thief' })).status).toBe(403)
  })
})

describe('what is open to all', () => {
  it('tells health, the OpenAPI document and a page', async () => {
    const harness = await Harness.start()
    await harness.submit()
    expect((await harness.call('GET', '/health', { key: null })).body).toMatchObject({
      status: 'ok',
      jobs: { queued: 1, running: 0 },
    })
    expect((await harness.call('GET', '/openapi.json', { key: null })).body['openapi']).toBe('3.1.0')
    const page = await harness.call('GET', '/', { key: null })
    expect(page.body['text']).toContain('/v1/miner/proof')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  })

  it('pages jobs, newest first, and gives an admin figures and miners', async () => {
    const harness = await Harness.start()
    const ids = [await harness.submit(), await harness.submit(), await harness.submit()]
    const first = await harness.call('GET', '/v1/jobs?limit=2')
    expect(first.body['jobs'].map((job: { id: string }) => job.id)).toEqual([ids[2], ids[1]])
    const second = await harness.call('GET', `/v1/jobs?limit=2&cursor=${String(first.body['next_cursor'])}`)
    expect(second.body).toMatchObject({ jobs: [{ id: ids[0] }], next_cursor: null })
    await harness.heartbeat()
    await harness.next()
    harness.pass(2)
    await harness.prove(ids[0] ?? '', { output_sha: sha256('x') })
    expect((await harness.call('GET', '/v1/admin/stats')).body).toMatchObject({
      queue_depth: 2,
      miners: { online: 1, total: 1 },
      success_rate: 1,
      latency_ms: { p50: 2000, p99: 2000 },
    })
    expect((await harness.call('GET', '/v1/admin/miners')).body['miners']).toMatchObject([
      { miner_id: 'm1', wallet: 'w1', last_heartbeat: { miner_id: 'm1' } },
    ])
  })
})
