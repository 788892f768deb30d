import { createPublicKey, verify } from 'node:crypto'
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { NodeIdentity } from '../../../src/proof/node-identity.ts'
import { sha256File } from '../../../src/proof/sha256-file.ts'
import { inputShaOf, signProofOfCompute } from '../../../src/proof/sign-proof-of-compute.ts'
import { sampleJob } from '../../support/sample-jobs.ts'
import { tempDir } from '../../support/temp-dir.ts'

const environment = { engine: 'llama.cpp', version: 'b1', backend: 'cpu', device: 'cpu', threads: 2 }
const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:01Z' }

describe('sha256File', () => {
  it('hashes a file of more than one chunk and counts its bytes', async () => {
    const path = join(tempDir(), 'zeros')
    writeFileSync(path, Buffer.alloc(1_000_000))
    expect(await sha256File(path)).toEqual({
      sha256: 'd29751f2649b32ff572b5e0a9f541ea660a50f94ff0beedfb0b692b924cc8025',
      sizeBytes: 1_000_000,
    })
  })

  it('refuses a link', async () => {
    const path = join(tempDir(), 'link')
    symlinkSync('/etc/hostname', path)
    await expect(sha256File(path)).rejects.toThrow('ELOOP')
  })
})

describe('NodeIdentity', () => {
  it('is made on first use, for its user alone, and is the same ever after', () => {
    const stateDir = tempDir()
    const { publicKey } = NodeIdentity.load(stateDir)
    expect(publicKey).toMatch(/^ed25519:[\w-]{43}$/)
    expect(readdirSync(stateDir)).toEqual(['identity.pem'])
    expect(statSync(join(stateDir, 'identity.pem')).mode & 0o777).toBe(0o600)
    expect(NodeIdentity.load(stateDir).publicKey).toBe(publicKey)
  })

  it('leaves a file alone that is no key', () => {
    const stateDir = tempDir()
    writeFileSync(join(stateDir, 'identity.pem'), 'not a key')
    expect(() => NodeIdentity.load(stateDir)).toThrow(expect.objectContaining({ code: 'AITBC_STATE_DIR' }))
    expect(readFileSync(join(stateDir, 'identity.pem'), 'utf8')).toBe('not a key')
  })
})

describe('signProofOfCompute', () => {
  it('signs the canonical JSON that the API names, so that the public key alone verifies it', () => {
    const identity = NodeIdentity.load(tempDir())
    const outputSha = 'd'.repeat(64)
    const { publicKey, inputSha, envSha, signature } = signProofOfCompute(identity, {
      job: sampleJob(),
      outputSha,
      environment,
      ...times,
    })
    const payload =
      `{"attempt":1,"env_sha":"${envSha}","finished_at":"${times.finishedAt}","id":"job_1","input_sha":"${inputSha}",` +
      `"lease_id":"lease_1","output_sha":"${outputSha}","started_at":"${times.startedAt}"}`
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey.slice('ed25519:'.length) }
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    expect(verify(null, Buffer.from(payload), key, Buffer.from(signature, 'base64url'))).toBe(true)
  })

  it('has one input hash for the same input, however it is written, and another for another', () => {
    const job = sampleJob({ params: { a: 1, b: 2 } })
    expect(inputShaOf(sampleJob({ params: { b: 2, a: 1 }, lease: null, attempt: 3 }))).toBe(inputShaOf(job))
    expect(inputShaOf(sampleJob({ params: { a: 1, b: 3 } }))).not.toBe(inputShaOf(job))
    expect(inputShaOf(sampleJob({ params: undefined }))).toBe(inputShaOf(sampleJob({ params: {} })))
  })
})
