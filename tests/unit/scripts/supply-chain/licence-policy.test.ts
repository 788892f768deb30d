import { describe, expect, it } from 'vitest'
import { licenceFault } from '../../../../scripts/supply-chain/licence-policy.ts'

describe('licenceFault', () => {
  it.each(['MIT', 'Apache-2.0', '(BSD-2-Clause OR MIT OR Apache-2.0)', 'MIT AND ISC', 'Apache-2.0 OR GPL-2.0-or-later'])(
    'lets %s be shipped',
    (licence) => {
      expect(licenceFault(licence)).toBeNull()
    },
  )

  it.each([
    null,
    '',
    'UNLICENSED',
    'SEE LICENSE IN LICENSE.txt',
    'MIT/X11',
    'GPL-3.0-only',
    'AGPL-3.0-or-later',
    'LGPL-2.1+',
    'SSPL-1.0',
    'BUSL-1.1',
    'CC-BY-NC-4.0',
    'MIT AND GPL-2.0-only',
    'MIT AND (GPL-2.0-only OR LGPL-3.0-only)',
    'GPL-2.0-only WITH Classpath-exception-2.0',
    'constructor',
  ])('refuses %j', (licence) => {
    expect(licenceFault(licence)).toMatch(/licence/)
  })
})
