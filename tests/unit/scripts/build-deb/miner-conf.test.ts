import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { minerConf } from '../../../../scripts/build-deb/miner-conf.ts'
import { FOUNDING_KEYS } from '../../../support/founding-keys.ts'

describe('minerConf', () => {
  it('has the keys that an operator sets, as placeholders, and none of the others', () => {
    const conf = minerConf(readFileSync('miner.conf.example', 'utf8'))
    expect(conf).toMatch(/^API_KEY="CHANGE_ME" /m)
    expect([...conf.matchAll(/^#?([A-Z_]+)=/gm)].map(([, key]) => key)).toEqual(FOUNDING_KEYS)
  })

  it('stays the same when a key is added to a later section, so that an upgrade has no question about the conf', () => {
    const example = readFileSync('miner.conf.example', 'utf8')
    expect(minerConf(`${example}\n# A new one\n#NEW_KEY=1\n`)).toBe(minerConf(example))
  })

  it('does not make a conf without the keys that must be set', () => {
    expect(() => minerConf('# --- Files\nAPI_KEY=1\n')).toThrow('does not begin with the keys that must be set')
  })
})
