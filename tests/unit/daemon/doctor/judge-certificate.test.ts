import { describe, expect, it } from 'vitest'
import { judgeCertificate } from '../../../../src/daemon/doctor/judge-certificate.ts'
import type { Handshake } from '../../../../src/daemon/doctor/judge-certificate.ts'

const NOW_MS = Date.UTC(2026, 0, 1)

function handshake(changes: Partial<Handshake> = {}): Handshake {
  return { fault: null, protocol: 'TLSv1.3', subject: 'coord.test', issuer: 'Some CA', untilMs: Date.UTC(2026, 2, 1), ...changes }
}

describe('judgeCertificate', () => {
  it('tells who vouches for whom, and for how long', () => {
    expect(judgeCertificate(handshake(), 'coord.test', NOW_MS)).toMatchObject({
      verdict: 'good',
      found: 'TLSv1.3, certificate of coord.test by Some CA, valid for 59 days',
    })
  })

  it('warns some days before the end', () => {
    expect(judgeCertificate(handshake({ untilMs: Date.UTC(2026, 0, 6) }), 'coord.test', NOW_MS).verdict).toBe('warning')
  })

  it.each([
    ['CERT_HAS_EXPIRED', 'has expired on 2026-03-01', 'renew'],
    ['CERT_NOT_YET_VALID', 'is not valid yet', 'timedatectl'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'is not for coord.test', 'COORD_URL'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'is not trusted here', 'COORD_CA_FILE'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'is not trusted here', 'COORD_CA_FILE'],
    ['CERT_REVOKED', 'is refused (CERT_REVOKED)', 'operator'],
  ])('explains %s', (fault, found, remedy) => {
    expect(judgeCertificate(handshake({ fault }), 'coord.test', NOW_MS)).toMatchObject({
      verdict: 'failed',
      found: expect.stringContaining(found),
      remedy: expect.stringContaining(remedy),
    })
  })
})
