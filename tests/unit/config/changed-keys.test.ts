import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { changedKeys } from '../../../src/config/changed-keys.ts'
import { loadConfig } from '../../../src/config/load-config.ts'
import type { ValidConfig } from '../../../src/config/validate-config.ts'
import { tempDir } from '../../support/temp-dir.ts'

function values(text: string): ValidConfig {
  const path = join(tempDir(), 'miner.conf')
  writeFileSync(path, text, { mode: 0o600 })
  const loaded = loadConfig({ path, env: {}, hostname: 'host' })
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'))
  return loaded.values
}

describe('changedKeys', () => {
  it('is empty for two readings of the same settings, however they are written', () => {
    const text = 'COORD_URL="https://c.test/"\nAPI_KEY=secret\nMODEL_HOSTS="a.test,b.test"\n'
    expect(changedKeys(values(text), values(`# a comment\n${text}MAX_CONCURRENCY=1\n`))).toEqual([])
  })

  it('names what differs, secrets, addresses and lists too', () => {
    const before = values('COORD_URL=https://c.test\nAPI_KEY=secret\nMODEL_HOSTS=a.test\n')
    const after = values('COORD_URL=https://d.test\nAPI_KEY=secret2\nMODEL_HOSTS="a.test,b.test"\nHF_TOKEN=token\n')
    expect(changedKeys(before, after)).toEqual(['COORD_URL', 'API_KEY', 'MODEL_HOSTS', 'HF_TOKEN'])
  })

  it('names COORD_CA_FILE when the file has got another content', () => {
    const path = join(tempDir(), 'ca.pem')
    const [first = '', second = ''] = rootCertificates
    const withCertificate = (pem: string): ValidConfig => {
      writeFileSync(path, pem)
      return values(`COORD_CA_FILE="${path}"\n`)
    }
    const before = withCertificate(first)
    expect(changedKeys(before, withCertificate(`# again\n${first}`))).toEqual([])
    expect(changedKeys(before, withCertificate(second))).toEqual(['COORD_CA_FILE'])
  })

  it('names what follows from another key', () => {
    expect(changedKeys(values(''), values('STATE_DIR=/srv/miner\n'))).toEqual(['STATE_DIR', 'CONTROL_SOCKET', 'MODEL_DIR'])
  })
})
