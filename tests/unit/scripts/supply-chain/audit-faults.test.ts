import { describe, expect, it } from 'vitest'
import { AuditExceptionsSchema, auditFaults } from '../../../../scripts/supply-chain/audit-faults.ts'
import type { AuditException } from '../../../../scripts/supply-chain/audit-faults.ts'

const ADVISORY = {
  packageName: 'a',
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  title: 'Reads too far',
  severity: 'high',
  range: '<2.0.0',
}
const EXCEPTION: AuditException = {
  packageName: 'a',
  advisory: 'GHSA-aaaa-bbbb-cccc',
  reason: 'Only its command line is concerned, which nothing here runs.',
  expires: '2026-12-01',
}

describe('auditFaults', () => {
  it('is content with no advisories, and with one that has an exception', () => {
    expect(auditFaults([], [], '2026-11-30')).toEqual([])
    expect(auditFaults([ADVISORY], [EXCEPTION], '2026-11-30')).toEqual([])
  })

  it.each([
    ['without an exception', []],
    ['with an exception for another package', [{ ...EXCEPTION, packageName: 'b' }]],
    ['with an exception for another advisory', [{ ...EXCEPTION, advisory: 'GHSA-aaaa-bbbb-dddd' }]],
  ])('names an advisory %s', (_what, exceptions) => {
    expect(auditFaults([ADVISORY], exceptions, '2026-11-30')).toContain(
      'a <2.0.0 (high): Reads too far, https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
    )
  })

  it('names an advisory again from the day on which its exception expires', () => {
    expect(auditFaults([ADVISORY], [EXCEPTION], '2026-12-01')).toEqual([
      expect.stringContaining('its exception expired on 2026-12-01'),
    ])
  })

  it('asks for an exception to be taken out when its advisory has gone', () => {
    expect(auditFaults([], [EXCEPTION], '2026-11-30')).toEqual([expect.stringContaining('is for nothing any more')])
  })

  it.each([
    { ...EXCEPTION, expires: 'never' },
    { ...EXCEPTION, reason: 'fine' },
    { ...EXCEPTION, advisory: '*' },
  ])('takes no exception without an end, a reason and one advisory: %j', (exception) => {
    expect(AuditExceptionsSchema.safeParse([exception]).success).toBe(false)
  })
})
