import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { KEYS, keyNames } from '../../../src/config/keys.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import { secretsOf } from '../../../src/config/secrets-of.ts'
import { tempDir } from '../../support/temp-dir.ts'

it('finds the value of every key that the table calls a secret', () => {
  const secrets = keyNames().filter((name) => KEYS[name].type.isSecret)
  const path = join(tempDir(), 'miner.conf')
  const values = Object.fromEntries(secrets.map((name) => [name, `value-of-${name}`]))
  const lines = { COORD_URL: 'https://c.corp', WALLET_ADDR: 'wallet1abc', ...values }
  writeFileSync(
    path,
    Object.entries(lines)
      .map(([name, value]) => `${name}="${value}"\n`)
      .join(''),
    { mode: 0o600 },
  )
  const loaded = loadConfig({ path, env: {}, hostname: 'box' })
  expect(secrets).toContain('API_KEY')
  expect(loaded.ok && secretsOf(loaded.config).toSorted()).toEqual(Object.values(values).toSorted())
})
