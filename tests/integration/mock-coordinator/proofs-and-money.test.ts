import { generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import path from 'node:path'
import canonicalize from 'canonicalize'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { Harness, sha256 } from './harness.ts'

async function leased(fields: Record<string, unknown> = {}): Promise<{ harness: Harness; id: string; leaseId: string }> {
  const harness = await Harness.start()
  await harness.heartbeat()
  const id = await harness.submit(fields)
  const { body } = await harness.next()
  return { harness, id, leaseId: body['lease'].id }
}

describe('proofs', () => {
  it('accepts a core proof by the holder’s key and credits the wallet of its heartbeat', async () => {
    const { harness, id } = await leased({ reward: { amount: '1.50', unit: 'AITBC' } })
    expect((await harness.call('GET', '/v1/wallet/balance?wallet=w1')).body).toMatchObject({ balance: '0', pending: '1.5' })
    const reply = await harness.prove(id)
    expect(reply).toMatchObject({ status: 201, body: { id, status: 'accepted', output_sha: sha256('x'), balance: '1.5' } })
    expect((await harness.call('GET', '/v1/wallet/balance?wallet=w1')).body).toMatchObject({
      balance: '1.5',
      pending: '0',
      unit: 'AITBC',
    })
  })

  it('credits once: the same proof again gets the same receipt, another one is refused with it', async () => {
    const { harness, id } = await leased()
    const first = await harness.prove(id)
    expect(await harness.prove(id)).toMatchObject({ status: 200, body: first.body })
    const other = await harness.prove(id, { output_sha: sha256('y') })
    expect(other).toMatchObject({
      status: 409,
      body: { error: { code: 'JOB_ALREADY_PROVEN', details: { receipt: first.body } } },
    })
    expect((await harness.call('GET', '/v1/wallet/ledger')).body['entries']).toHaveLength(1)
  })

  it('refuses another key, another miner of the same key, and the unknown', async () => {
    const { harness, id } = await leased()
    expect(await harness.prove(id, {}, { key: 'thief' })).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } })
    expect((await harness.prove(id, { miner_id: 'm2' })).status).toBe(403)
    expect((await harness.fail(id, {}, 'thief')).status).toBe(403)
    expect(await harness.prove('job_none')).toMatchObject({ status: 404, body: { error: { code: 'JOB_NOT_FOUND' } } })
    expect(await harness.prove('')).toMatchObject({
      status: 422,
      body: { error: { code: 'INVALID_PAYLOAD', details: { field: 'id' } } },
    })
    expect(await harness.state(id)).toBe('leased 1')
  })

  it('checks an inline output against its hash, its length and its encoding', async () => {
    const { harness, id } = await leased()
    const output = { media_type: 'text/plain', bytes: 5, inline: { encoding: 'utf8', data: 'hello' } }
    expect((await harness.prove(id, { output })).body['error'].code).toBe('OUTPUT_SHA_MISMATCH')
    expect((await harness.prove(id, { output: { ...output, bytes: 6 }, output_sha: sha256('hello') })).status).toBe(422)
    const broken = { ...output, inline: { encoding: 'base64', data: '!!' } }
    expect((await harness.prove(id, { output: broken })).status).toBe(422)
    expect((await harness.prove(id, { output, output_sha: sha256('hello') })).status).toBe(201)
    const served = await harness.call('GET', `/v1/jobs/${id}/output`)
    expect(served.body['text']).toBe('hello')
    expect(served.headers.get('content-type')).toBe('text/plain')
    expect(served.headers.get('content-digest')).toBe(`sha-256=:${Buffer.from(sha256('hello'), 'hex').toString('base64')}:`)
  })

  it('asks for the output when the job does', async () => {
    const { harness, id } = await leased({ require_output: true })
    expect((await harness.prove(id)).body['error']).toMatchObject({ code: 'INVALID_PAYLOAD', details: { field: 'output' } })
    expect((await harness.call('GET', `/v1/jobs/${id}/output`)).body['error'].code).toBe('JOB_NOT_READY')
  })

  it('verifies a signature over canonical JSON, by the registered key alone', async () => {
    const { harness, id, leaseId } = await leased()
    const { privateKey, publicKey } = generateKeyPairSync('ed25519')
    const x = publicKey.export({ format: 'jwk' }).x ?? ''
    const core = {
      id,
      lease_id: leaseId,
      attempt: 1,
      output_sha: sha256('x'),
      started_at: '2026-01-01T00:00:00Z',
      finished_at: '2026-01-01T00:00:01Z',
    }
    const shas = { input_sha: sha256('i'), env_sha: sha256('e') }
    const signature = sign(null, Buffer.from(canonicalize({ ...core, ...shas }) ?? ''), privateKey).toString('base64url')
    const poc = { alg: 'ed25519', public_key: x, ...shas, signature }
    expect((await harness.prove(id, { ...core, poc: { ...poc, env_sha: sha256('f') } })).body['error'].code).toBe('BAD_SIGNATURE')
    const stranger = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' }).x
    const register = (key: unknown) =>
      harness.call('POST', '/v1/miner/register', {
        body: { miner_id: 'm1', mode: 'cpu', gpu: false, public_key: `ed25519:${String(key)}` },
      })
    await register(stranger)
    expect((await harness.prove(id, { ...core, poc })).body['error'].code).toBe('BAD_SIGNATURE')
    await register(x)
    expect((await harness.prove(id, { ...core, poc })).status).toBe(201)
  })
})

async function upload(harness: Harness, id: string, bytes: string, headers: Record<string, string>) {
  const base = {
    'Content-Type': 'image/png',
    'Content-Digest': `sha-256=:${Buffer.from(sha256(bytes), 'hex').toString('base64')}:`,
  }
  return harness.call('PUT', `/v1/miner/jobs/${id}/output`, { body: bytes, headers: { ...base, ...headers } })
}

describe('uploads', () => {
  it('takes bytes that fit their digest, and the proof that fits them', async () => {
    const { harness, id } = await leased({ limits: { max_output_bytes: 8 } })
    expect((await upload(harness, id, 'png', { 'Content-Digest': `sha-256=:${'A'.repeat(43)}=:` })).body['error'].code).toBe(
      'DIGEST_MISMATCH',
    )
    expect((await upload(harness, id, 'png', { 'Content-Digest': 'md5=:AA==:' })).body['error'].code).toBe('INVALID_PAYLOAD')
    expect(await upload(harness, id, 'more than eight', {})).toMatchObject({
      status: 413,
      body: { error: { code: 'PAYLOAD_TOO_LARGE' } },
    })
    expect((await upload(harness, id, 'png', {})).status).toBe(201)
    const output = { media_type: 'image/png', bytes: 3 }
    expect((await harness.prove(id, { output })).body['error'].code).toBe('OUTPUT_SHA_MISMATCH')
    expect((await harness.prove(id, { output, output_sha: sha256('png') })).status).toBe(201)
    expect((await harness.call('GET', `/v1/jobs/${id}/output`)).headers.get('content-type')).toBe('image/png')
  })

  it('refuses bytes under a lost lease', async () => {
    const { harness, id } = await leased()
    harness.pass(60)
    expect((await upload(harness, id, 'png', {})).body['error'].code).toBe('LEASE_LOST')
  })
})

describe('idempotency', () => {
  it('repeats the first answer, status and body, and refuses another body', async () => {
    const { harness, id } = await leased()
    const idempotencyKey = randomUUID()
    const first = await harness.prove(id, {}, { idempotencyKey })
    expect(await harness.prove(id, {}, { idempotencyKey })).toMatchObject({ status: 201, body: first.body })
    expect(await harness.prove(id, { mode: 'gpu' }, { idempotencyKey })).toMatchObject({
      status: 422,
      body: { error: { code: 'IDEMPOTENCY_KEY_REUSED' } },
    })
  })

  it('keeps keys apart by caller and path, and for a day', async () => {
    const harness = await Harness.start()
    const headers = { 'Idempotency-Key': randomUUID() }
    const submit = (key: string) => harness.call('POST', '/v1/jobs', { body: { workload: 'llm_gen' }, key, headers })
    const [first, again, other] = [await submit('a'), await submit('a'), await submit('b')]
    expect(again.body['id']).toBe(first.body['id'])
    expect(other.body['id']).not.toBe(first.body['id'])
    expect((await harness.call('POST', `/v1/jobs/${String(first.body['id'])}/cancel`, { key: 'a', headers })).status).toBe(200)
    harness.pass(24 * 3600)
    expect((await submit('a')).body['id']).not.toBe(first.body['id'])
  })

  it('answers 409 while the first request is in flight', async () => {
    const harness = await Harness.start()
    const headers = { Authorization: 'Bearer demo', 'Idempotency-Key': randomUUID() }
    const body = new TransformStream<Uint8Array, Uint8Array>()
    const writer = body.writable.getWriter()
    const slow = fetch(`${harness.coordinator.url}/v1/jobs`, { method: 'POST', headers, body: body.readable, duplex: 'half' })
    await writer.write(Buffer.from('{"workload":'))
    await expect
      .poll(async () => (await harness.call('POST', '/v1/jobs', { body: { workload: 'llm_gen' }, headers })).body['error']?.code)
      .toBe('IDEMPOTENCY_IN_FLIGHT')
    await writer.write(Buffer.from('"llm_gen"}'))
    await writer.close()
    expect((await slow).status).toBe(201)
  })
})

describe('the ledger', () => {
  it('sums to the rewards of the completed jobs, over pages and after a restart', async () => {
    const dbPath = path.join(tempDir(), 'state.db')
    const harness = await Harness.start({ dbPath })
    const amounts = ['0.1', '0.2', '0.00000001', '3']
    for (const [index, amount] of amounts.entries()) {
      await harness.heartbeat({ wallet: `w${index % 2}` })
      await harness.submit({ reward: { amount, unit: 'AITBC' } })
      const { body } = await harness.next()
      await harness.prove(String(body['id']))
    }
    await harness.submit()
    await harness.coordinator.close()

    const again = await Harness.start({ dbPath })
    expect((await again.call('GET', '/v1/wallet/balance', { key: null })).body['balance']).toBe('3.30000001')
    expect((await again.call('GET', '/v1/wallet/balance?wallet=w0')).body['balance']).toBe('0.10000001')
    expect((await again.call('GET', '/v1/wallet/balance?wallet=w1')).body['balance']).toBe('3.2')
    const page = await again.call('GET', '/v1/wallet/ledger?wallet=w1&limit=1')
    expect(page.body['entries']).toMatchObject([{ amount: '0.2', kind: 'reward' }])
    const rest = await again.call('GET', `/v1/wallet/ledger?wallet=w1&limit=1&cursor=${String(page.body['next_cursor'])}`)
    expect(rest.body).toMatchObject({ entries: [{ amount: '3' }], next_cursor: null })
    expect((await again.next()).body['id']).toEqual(expect.any(String))
  })
})
