import { describe, expect, it } from 'vitest'
import { Harness, sha256 } from './harness.ts'

describe('leases', () => {
  it('hands a job to one miner and answers the next with a body without id', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    expect((await harness.next()).body).toMatchObject({
      id,
      job_id: id,
      workload: 'llm_gen',
      attempt: 1,
      lease: { id: expect.any(String) },
    })
    expect(await harness.next('m2')).toMatchObject({ status: 200, body: { skipped: { workload: 0, model: 0, vram: 0 } } })
  })

  it('puts a job back with a higher attempt when its lease is not renewed, and fails it at the limit', async () => {
    const harness = await Harness.start({ maxAttempts: 2 })
    const id = await harness.submit()
    await harness.next()
    harness.pass(59)
    expect(await harness.state(id)).toBe('leased 1')
    harness.pass(1)
    expect(await harness.state(id)).toBe('queued 2')
    expect((await harness.next('m2')).body['attempt']).toBe(2)
    harness.pass(60)
    expect(await harness.state(id)).toBe('failed 2')
  })

  it('is renewed by a heartbeat that lists the job, and by no other', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    const lease = (await harness.next()).body['lease']
    harness.pass(50)
    const beat = await harness.heartbeat({ jobs: [{ id, lease_id: lease.id, state: 'running', progress: 0.5 }] })
    expect(beat.body).toMatchObject({ leases: [{ id: lease.id, job_id: id }], cancel: [], drain: false })
    harness.pass(50)
    await harness.heartbeat()
    harness.pass(10)
    expect(await harness.state(id)).toBe('queued 2')
  })

  it('refuses the proof of a lease that is lost, whether or not another miner has the job', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    harness.pass(60)
    expect(await harness.prove(id)).toMatchObject({ status: 409, body: { error: { code: 'LEASE_LOST' } } })
    await harness.next('m2', 'other')
    expect((await harness.prove(id)).body['error'].code).toBe('LEASE_LOST')
    expect((await harness.prove(id, {}, { key: 'other' })).status).toBe(201)
  })

  it('refuses a proof that names an earlier lease of the same miner', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    const first = (await harness.next()).body['lease'].id
    harness.pass(60)
    await harness.next()
    expect((await harness.prove(id, { lease_id: first, attempt: 1 })).body['error'].code).toBe('LEASE_LOST')
  })

  it('expires a job past its deadline and has its miner told', async () => {
    const harness = await Harness.start()
    const id = await harness.submit({ ttl_s: 10 })
    await harness.next()
    harness.pass(10)
    expect(await harness.state(id)).toBe('expired 1')
    expect((await harness.heartbeat()).body['cancel']).toEqual([id])
    expect((await harness.heartbeat()).body['cancel']).toEqual([])
  })

  it('cancels a running job through the next heartbeat and keeps the state final', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    expect((await harness.call('POST', `/v1/jobs/${id}/cancel`)).body['state']).toBe('canceled')
    expect((await harness.heartbeat({ jobs: [{ id, state: 'running' }] })).body).toMatchObject({ cancel: [id], leases: [] })
    expect((await harness.prove(id)).body['error'].code).toBe('LEASE_LOST')
    expect(await harness.state(id)).toBe('canceled 1')
  })
})

describe('failures', () => {
  it('ends a job that no other miner could do, and repeats the answer', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    expect((await harness.fail(id, { code: 'E_INVALID', retryable: false })).body).toEqual({ id, state: 'failed', attempt: 1 })
    expect(await harness.fail(id, { code: 'E_INVALID', retryable: false })).toMatchObject({
      status: 200,
      body: { state: 'failed' },
    })
  })

  it('goes back to the queue when another miner may do better', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.next()
    await harness.fail(id)
    expect(await harness.state(id)).toBe('queued 2')
  })

  it('does not offer a job again to the miner that does not support it, and fails it without another miner', async () => {
    const harness = await Harness.start()
    const id = await harness.submit()
    await harness.heartbeat({ miner_id: 'm2' })
    await harness.next('m1')
    await harness.fail(id, { code: 'E_UNSUPPORTED' })
    expect((await harness.next('m1')).body['skipped']).toMatchObject({ refused: 1 })
    expect((await harness.next('m2')).body['id']).toBe(id)
    await harness.fail(id, { code: 'E_UNSUPPORTED' })
    expect(await harness.state(id)).toBe('failed 2')
  })
})

describe('matching', () => {
  it('counts by reason the jobs that a miner is passed over for', async () => {
    const harness = await Harness.start()
    const needs = [{ vram_mb: 8000 }, { model: 'big' }, { gpu: true }]
    for (const requirements of needs) await harness.submit({ requirements })
    await harness.submit({ workload: 'sd_infer' })
    await harness.call('POST', '/v1/miner/register', {
      body: { miner_id: 'm1', mode: 'cpu', gpu: false, workloads: ['llm_gen'], limits: { vram_mb: 4000 } },
    })
    expect((await harness.next()).body['skipped']).toEqual({ workload: 1, model: 1, vram: 1, gpu: 1 })
  })

  it('offers a job with needs to the miner that meets them', async () => {
    const harness = await Harness.start()
    const id = await harness.submit({ requirements: { gpu: true, vram_mb: 8000, model: 'big' } })
    const capabilities = {
      miner_id: 'm1',
      mode: 'gpu',
      gpu: 1,
      limits: { vram_mb: 9000 },
      models: [{ name: 'big', sha256: sha256('m') }],
    }
    expect((await harness.call('POST', '/v1/miner/register', { body: capabilities })).status).toBe(201)
    expect((await harness.call('POST', '/v1/miner/register', { body: capabilities })).status).toBe(200)
    expect((await harness.next()).body['id']).toBe(id)
  })

  it('takes the workloads of the poll before the reported ones, and no job for zero slots', async () => {
    const harness = await Harness.start()
    const id = await harness.submit({ workload: 'torch_bench' })
    expect((await harness.next('m1', 'demo', '&workloads=llm_gen')).body['skipped'].workload).toBe(1)
    expect((await harness.call('GET', '/v1/miner/next?miner=m1&slots=0')).body['id']).toBeUndefined()
    expect((await harness.next('m1', 'demo', '&workloads=llm_gen,torch_bench')).body['id']).toBe(id)
  })
})

describe('long poll', () => {
  it('is answered as soon as a job fits', async () => {
    const harness = await Harness.start()
    const waiting = harness.next('m1', 'demo', '&wait=20')
    await expect.poll(() => harness.coordinator.store.miners.all().length).toBe(1)
    const id = await harness.submit()
    expect((await waiting).body['id']).toBe(id)
  })

  it('does not hand a job to a caller that has hung up', async () => {
    const harness = await Harness.start()
    const abort = new AbortController()
    const url = `${harness.coordinator.url}/v1/miner/next?miner=gone&slots=1&wait=20`
    const waiting = fetch(url, { headers: { Authorization: 'Bearer demo' }, signal: abort.signal })
    await expect.poll(() => harness.coordinator.store.miners.all().length).toBe(1)
    abort.abort()
    await expect(waiting).rejects.toThrow('aborted')
    const id = await harness.submit()
    expect((await harness.next('m2')).body['id']).toBe(id)
  })

  it('ends with no job when the coordinator closes', async () => {
    const harness = await Harness.start()
    const waiting = harness.next('m1', 'demo', '&wait=20')
    await expect.poll(() => harness.coordinator.store.miners.all().length).toBe(1)
    await harness.coordinator.close()
    expect((await waiting).body['id']).toBeUndefined()
  })
})
