import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { renderManPages } from '../../../scripts/write-man-pages.ts'
import { page, prose, roffText } from '../../../scripts/man-pages/roff.ts'
import { keyNames } from '../../../src/config/keys.ts'

const pages = renderManPages()

describe('manual pages and completions', () => {
  it.each([...pages])('%s on the disk is what the commands and keys say', (path, text) => {
    expect(readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')).toBe(text)
  })

  it('tells of every key', () => {
    const text = pages.get('packaging/man/miner.conf.5') ?? ''
    expect(keyNames().filter((name) => !text.includes(`\\fB${name}\\fP=`))).toEqual([])
  })

  it('offers every command in each shell', () => {
    for (const shell of ['bash', 'zsh', 'fish']) {
      const text = pages.get(`packaging/completion/aitbc-miner.${shell}`) ?? ''
      for (const word of ['run', 'status', 'doctor', 'bench', 'models', 'pull', 'config', 'check']) expect(text).toContain(word)
    }
  })
})

describe('roff', () => {
  it('takes nothing of a text for an escape or a macro', () => {
    expect(roffText(".start a\\b 'c' --d")).toBe(String.raw`\&.start a\eb \(aqc\(aq \-\-d`)
  })

  it('breaks lines where words end, and never so that one begins as a macro', () => {
    const text = page([`${'word '.repeat(15)}end .config`])
    expect(text.split('\n').every((line) => line.length < 80 && !line.startsWith('.'))).toBe(true)
    expect(text).toContain('\n\\&.config')
  })

  it('keeps indented blocks as they are', () => {
    expect(prose('Examples:\n  a  b\n  c')).toEqual(['.PP', 'Examples:', '.PP', '.EX', '  a  b', '  c', '.EE'])
  })
})
