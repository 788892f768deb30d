import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { expandValue } from '../../../src/config/expand-value.ts'
import type { Expansion } from '../../../src/config/keys.ts'

const known = new Map<Expansion, string>([
  ['$(hostname)', 'box'],
  ['${HOSTNAME}', 'box'],
])

describe('expandValue', () => {
  it('replaces what it knows, as often as it stands there', () => {
    expect(expandValue('$(hostname)-${HOSTNAME}-gpu0', known)).toEqual({ ok: true, text: 'box-box-gpu0' })
  })

  it.each(['$(whoami)', '${HOME}', '$HOME', '`id`', '$', '$(hostname', '$( hostname )', '$(hostname; id)', '${HOSTNAME:-x}'])(
    'names %j as unknown',
    (text) => {
      expect(expandValue(`a${text}`, known)).toMatchObject({ ok: false })
    },
  )

  it('takes a replacement as text, not to be expanded again', () => {
    expect(expandValue('$(hostname)', new Map<Expansion, string>([['$(hostname)', '$(id)$&']]))).toEqual({
      ok: true,
      text: '$(id)$&',
    })
  })

  it('leaves any text without $ and ` as it is, and lets none with them through', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(expandValue(text, new Map())).toMatchObject(/[$`]/.test(text) ? { ok: false } : { ok: true, text })
      }),
    )
  })
})
