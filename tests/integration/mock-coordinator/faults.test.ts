import { describe, expect, it } from 'vitest'
import { FaultPlanSchema } from '../../../mock-coordinator/faults/fault-plan.ts'
import type { CoordinatorOptions } from '../../../mock-coordinator/server.ts'
import { eventually } from '../../support/eventually.ts'
import { Harness } from './harness.ts'

const KEYS = [
  { key: 'miner-key-1', role: 'miner', wallet: null, minerId: null },
  { key: 'admin-key-1', role: 'admin', wallet: null, minerId: null },
] as const

/** A coordinator under a plan of these rules, a miner known to it, and its log. */
async function faulty(rules: readonly object[], options: CoordinatorOptions = {}): Promise<{ harness: Harness; log: string[] }> {
  const log: string[] = []
  const harness = await Harness.start({ log: (line) => log.push(line), ...options })
  await harness.heartbeat()
  harness.coordinator.faults.put(FaultPlanSchema.parse({ seed: 1, rules }))
  return { harness, log }
}

function injected(harness: Harness): number[] {
  return harness.coordinator.faults.report().rules.map((rule) => rule.injected)
}

describe('a fault that takes the place of the answer', () => {
  it.each([
    ['before', 'leased 1'],
    ['after', 'completed 1'],
  ])('resets the connection %s the handler ran: the job is %s', async (when, state) => {
    const { harness, log } = await faulty([{ name: 'cut', on: 'proof', fault: 'reset', when, times: 1 }])
    const id = await harness.submit()
    await harness.next()
    await expect(harness.prove(id, {}, { idempotencyKey: 'same' })).rejects.toThrow('fetch failed')
    expect(await harness.state(id)).toBe(state)
    expect((await harness.prove(id, {}, { idempotencyKey: 'same' })).status).toBe(201)
    expect(log.find((line) => line.includes('/v1/miner/proof hung-up'))).toMatch(/ faults=cut$/)
    expect((await harness.call('GET', '/v1/wallet/balance')).body['balance']).toBe('0.25')
    expect(injected(harness)).toEqual([1])
  })

  it('never answers, before or after the handler', async () => {
    const { harness } = await faulty([
      { on: 'next', fault: 'silence', when: 'before', times: 1 },
      { on: 'next', fault: 'silence', times: 1 },
    ])
    const id = await harness.submit()
    const poll = async () => {
      const giveUp = new AbortController()
      const answer = fetch(`${harness.coordinator.url}/v1/miner/next?miner=m1`, {
        headers: { Authorization: 'Bearer demo' },
        signal: giveUp.signal,
      })
      const count = harness.coordinator.faults.report().injected
      await eventually('the call is swallowed', () => harness.coordinator.faults.report().injected > count)
      giveUp.abort()
      await expect(answer).rejects.toThrow('abort')
    }
    await poll()
    expect(await harness.state(id)).toBe('queued 1')
    await poll()
    expect(await harness.state(id)).toBe('leased 1')
  })

  it('answers with any status, Retry-After and Location', async () => {
    const { harness } = await faulty([
      { on: 'heartbeat', fault: 'status', status: 503, retry_after: 7, times: 1 },
      { on: 'heartbeat', fault: 'status', status: 503, times: 1 },
      { on: 'heartbeat', fault: 'status', status: 502, times: 1 },
      { on: 'heartbeat', fault: 'status', status: 429, retry_after: 'soon', times: 1 },
      { on: 'heartbeat', fault: 'status', status: 500, when: 'after', times: 1 },
    ])
    const first = await harness.heartbeat()
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } })
    expect(first.headers.get('retry-after')).toBe('7')
    const second = await harness.heartbeat()
    expect([second.status, second.headers.get('retry-after')]).toEqual([503, null])
    const proxy = await harness.heartbeat()
    expect([proxy.status, proxy.headers.get('content-type')]).toEqual([502, 'text/html'])
    expect((await harness.heartbeat()).headers.get('retry-after')).toBe('soon')
    expect((await harness.heartbeat()).status).toBe(500)
    expect((await harness.heartbeat()).status).toBe(200)
  })

  it('truncates and garbles what the handler answered', async () => {
    const { harness } = await faulty([
      { on: 'next', fault: 'truncate', keep: 0.9, times: 1 },
      { on: 'next', fault: 'truncate', ending: 'cut', times: 1 },
      { on: 'next', fault: 'garble', times: 1 },
      { on: 'next', fault: 'garble', as: 'html', times: 1 },
      { on: 'next', fault: 'garble', as: 'other_json', when: 'before', times: 1 },
    ])
    const id = await harness.submit()
    await expect(harness.next()).rejects.toThrow('JSON')
    expect(await harness.state(id)).toBe('leased 1')
    await expect(harness.next()).rejects.toThrow('terminated')
    await expect(harness.next()).rejects.toThrow('JSON')
    expect((await harness.next()).body['text']).toContain('<h1>')
    expect((await harness.next()).body['leases']).toBe('none')
    expect((await harness.next()).body).toHaveProperty('skipped')
  })

  it('streams a huge body, and stops when nobody reads it', async () => {
    const { harness, log } = await faulty([{ on: 'heartbeat', fault: 'huge_body', megabytes: 3 }])
    expect((await harness.heartbeat()).body['padding']).toHaveLength(3_000_000)
    harness.coordinator.faults.put(
      FaultPlanSchema.parse({ rules: [{ on: 'heartbeat', fault: 'huge_body', megabytes: 100_000 }] }),
    )
    const giveUp = new AbortController()
    const response = await fetch(`${harness.coordinator.url}/v1/miner/heartbeat`, {
      method: 'POST',
      headers: { Authorization: 'Bearer demo' },
      body: JSON.stringify({ miner_id: 'm1', wallet: 'w1', mode: 'cpu', gpu: 0 }),
      signal: giveUp.signal,
    })
    expect(response.status).toBe(200)
    giveUp.abort()
    await eventually('the coordinator notices', () => log.some((line) => line.includes('heartbeat hung-up')))
  })

  it('drips the answer byte by byte, or a head without end', async () => {
    const { harness } = await faulty([
      { on: 'balance', fault: 'slow_loris', bytes_per_s: 1000, times: 1 },
      { on: 'balance', fault: 'slow_loris', part: 'head', bytes_per_s: 1000, times: 1 },
    ])
    const startedMs = performance.now()
    expect((await harness.call('GET', '/v1/wallet/balance')).body['balance']).toBe('0')
    expect(performance.now() - startedMs).toBeGreaterThan(50)
    const signal = AbortSignal.timeout(300)
    await expect(fetch(`${harness.coordinator.url}/v1/wallet/balance`, { signal })).rejects.toThrow('timeout')
  })
})

describe('a fault that leaves the answer', () => {
  it('delays it before and after the handler', async () => {
    const { harness } = await faulty([
      { on: 'next', fault: 'latency', ms: 30, jitter_ms: 10 },
      { on: 'next', fault: 'latency', ms: 30, when: 'after' },
    ])
    const id = await harness.submit()
    const startedMs = performance.now()
    expect((await harness.next()).body['id']).toBe(id)
    expect(performance.now() - startedMs).toBeGreaterThan(55)
  })

  it('sets the clock of all answers, or of some fields', async () => {
    const { harness } = await faulty([{ on: 'miner', fault: 'clock', offset_s: 7200 }])
    await harness.submit({ params: { prompt: 'x', deadline: 'tomorrow', expires_at: '2026-01-01T00:00:00Z' } })
    const { body, headers } = await harness.next()
    expect(body).toMatchObject({
      created_at: '2026-01-01T02:00:00.000Z',
      deadline: '2026-01-02T02:00:00.000Z',
      lease: { expires_at: '2026-01-01T02:01:00.000Z' },
      params: { deadline: 'tomorrow', expires_at: '2026-01-01T00:00:00Z' },
    })
    expect(Date.parse(headers.get('date') ?? '') - Date.now()).toBeGreaterThan(7_100_000)
    const jobs = [{ id: body['id'], lease_id: body['lease'].id }]
    expect((await harness.heartbeat({ jobs })).body).toMatchObject({
      server_time: '2026-01-01T02:00:00.000Z',
      leases: [{ expires_at: '2026-01-01T02:01:00.000Z' }],
    })
    harness.coordinator.faults.put(
      FaultPlanSchema.parse({ rules: [{ on: 'heartbeat', fault: 'clock', offset_s: -7200, parts: ['lease'] }] }),
    )
    expect((await harness.heartbeat({ jobs })).body).toMatchObject({
      server_time: '2026-01-01T00:00:00.000Z',
      leases: [{ expires_at: '2025-12-31T22:01:00.000Z' }],
    })
  })

  it('hands the last job out again under the same lease, with other params if so told', async () => {
    const { harness } = await faulty([
      { on: 'next', fault: 'duplicate_job', times: 1 },
      { on: 'next', fault: 'duplicate_job', times: 1, params: { prompt: 'other' } },
    ])
    const id = await harness.submit()
    const first = await harness.next()
    expect(injected(harness)).toEqual([0, 0])
    expect((await harness.next()).body).toEqual(first.body)
    expect((await harness.next()).body).toEqual({ ...first.body, params: { prompt: 'other' } })
    expect((await harness.next()).body).toHaveProperty('skipped')
    expect((await harness.prove(id)).status).toBe(201)
  })

  it('lets the lease of a running job run out at a heartbeat, and just before a proof', async () => {
    const { harness } = await faulty([
      { on: 'heartbeat', fault: 'expire_lease', times: 1 },
      { on: 'proof', fault: 'expire_lease', times: 1 },
    ])
    await harness.heartbeat()
    const [id, other] = [await harness.submit(), await harness.submit()]
    const { body: job } = await harness.next()
    const beat = await harness.heartbeat({ jobs: [{ id, lease_id: job['lease'].id, state: 'running' }] })
    expect(beat.body).toMatchObject({ leases: [], cancel: [id] })
    expect(await harness.state(id)).toBe('queued 2')
    await harness.next()
    await harness.next()
    expect((await harness.prove(id)).body['error'].code).toBe('LEASE_LOST')
    expect(await harness.state(id)).toBe('queued 3')
    expect(await harness.state(other)).toBe('leased 1')
    expect(injected(harness)).toEqual([1, 1])
  })

  it('cancels a job just as its proof arrives, and just as it is handed out', async () => {
    const { harness } = await faulty([
      { on: 'proof', fault: 'cancel_job', times: 1 },
      { on: 'next', fault: 'cancel_job', when: 'after', after: 1, times: 1 },
    ])
    const [proven, handedOut] = [await harness.submit(), await harness.submit()]
    await harness.next()
    expect((await harness.prove(proven)).body['error'].code).toBe('LEASE_LOST')
    expect((await harness.next()).body['id']).toBe(handedOut)
    expect([await harness.state(proven), await harness.state(handedOut)]).toEqual(['canceled 1', 'canceled 1'])
    expect((await harness.heartbeat()).body['cancel']).toEqual([proven, handedOut])
  })

  it('revokes the key of a miner and gives it back', async () => {
    const { harness, log } = await faulty([{ name: 'revoked', on: 'heartbeat', fault: 'revoke_key', for_s: 60, times: 1 }])
    expect((await harness.heartbeat()).status).toBe(401)
    expect((await harness.next()).status).toBe(401)
    expect((await harness.next('m2', 'other-key')).status).toBe(200)
    expect(log.at(-2)).toMatch(/next 401 .* faults=revoked$/)
    expect((await harness.call('GET', '/v1/admin/faults')).body['revoked_keys']).toMatchObject([{ rule: 'revoked', refused: 1 }])
    harness.pass(60)
    expect((await harness.heartbeat()).status).toBe(200)
    expect(injected(harness)).toEqual([1])
  })
})

describe('the fault plan', () => {
  it('is shown, replaced and ended by an admin alone, and survives a plan that does not fit', async () => {
    const { harness } = await faulty([], { isStrict: true, keys: KEYS })
    const asAdmin = { key: 'admin-key-1' }
    const plan = { seed: 5, rules: [{ on: 'health', fault: 'status', status: 503 }] }
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: plan } : {}
      expect((await harness.call(method, '/v1/admin/faults', { key: 'miner-key-1', ...body })).status).toBe(403)
    }
    expect((await harness.call('PUT', '/v1/admin/faults', { ...asAdmin, body: plan })).status).toBe(200)
    expect((await harness.call('GET', '/health')).status).toBe(503)
    const wrong = await harness.call('PUT', '/v1/admin/faults', { ...asAdmin, body: { rules: [{ on: 'health', fault: 'x' }] } })
    expect(wrong).toMatchObject({ status: 422, body: { error: { details: { field: 'rules.0.fault' } } } })
    expect((await harness.call('GET', '/v1/admin/faults', asAdmin)).body).toMatchObject({
      seed: 5,
      injected: 1,
      rules: [{ name: 'status-1', calls: 1, injected: 1, rule: { on: ['health'], every: 1 } }],
    })
    expect((await harness.call('DELETE', '/v1/admin/faults', asAdmin)).body['injected']).toBe(1)
    expect((await harness.call('GET', '/health')).status).toBe(200)
    expect((await harness.call('GET', '/v1/admin/faults', asAdmin)).body).toMatchObject({ seed: null, rules: [] })
  })

  it('draws a seed of its own where none is given', async () => {
    const harness = await Harness.start()
    const { body } = await harness.call('PUT', '/v1/admin/faults', { body: { rules: [] } })
    expect(body['seed']).toBeTypeOf('number')
  })

  it("is in the OpenAPI document and the page, marked as the mock's own", async () => {
    const harness = await Harness.start()
    const { body } = await harness.call('GET', '/openapi.json')
    expect(body['paths']['/v1/admin/faults'].put).toMatchObject({ operationId: 'putFaults', 'x-mock-only': true })
    expect(body['components'].schemas).toHaveProperty('FaultPlan')
    expect((await harness.call('GET', '/docs')).body['text']).toMatch(/\/v1\/admin\/faults<\/code> <span class="mark">mock only/)
  })
})
