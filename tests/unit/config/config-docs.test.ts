import { readFileSync } from 'node:fs'

import { describe, expect, it } from 'vitest'

import { outdated } from '../../../scripts/generated-files.ts'
import { renderConfigDocs } from '../../../scripts/write-config-docs.ts'
import { parseConfFile } from '../../../src/config/conf-file.ts'
import { KEYS, keyNames } from '../../../src/config/keys.ts'
import { FOUNDING_KEYS } from '../../support/founding-keys.ts'

function readProjectFile(path: string): string {
  return readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')
}

const example = readProjectFile('miner.conf.example')
const reference = readProjectFile('docs/config.md')

describe('the files written from the table of keys', () => {
  it('are up to date (npm run config-docs writes them)', () => {
    expect(outdated(renderConfigDocs(), readProjectFile)).toEqual([])
  })

  it('would be found out of date after any change', () => {
    expect(outdated(renderConfigDocs(), (path) => `${readProjectFile(path)} `)).toEqual(['miner.conf.example', 'docs/config.md'])
    expect(outdated(renderConfigDocs(), () => null)).toHaveLength(2)
  })

  it('set the nine keys of the first configuration and no other, with the defaults of the table', () => {
    const { assignments, problems } = parseConfFile(example)
    expect(problems).toEqual([])
    expect(assignments.map(({ key }) => key)).toEqual(FOUNDING_KEYS)
    expect(assignments.map(({ value }) => value)).toEqual(
      keyNames()
        .slice(0, 9)
        .map((name) => KEYS[name].default),
    )
  })

  it('show every other key with its default, ready to be uncommented', () => {
    const { assignments, problems } = parseConfFile(example.replace(/^#(?=[A-Z_]+=)/gm, ''))
    expect(problems).toEqual([])
    expect(assignments.map(({ key, value }) => [key, value])).toEqual(keyNames().map((name) => [name, KEYS[name].default]))
  })

  it.each(keyNames())('explain %s in the same words', (name) => {
    expect(example).toContain(`# ${KEYS[name].doc}`)
    expect(reference).toContain(`| \`${name}\` | `)
    expect(reference).toContain(KEYS[name].doc)
  })
})
