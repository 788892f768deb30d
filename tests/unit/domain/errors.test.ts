import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AitbcError, ERRORS } from '../../../src/domain/errors.ts'
import { FAILURE_CODES } from '../../../src/domain/failure-codes.ts'

/** The rows of the page's tables: first cell, without its quotes, to second. */
function documented(prefix: string): Record<string, string> {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/errors.md'), 'utf8')
  const rows = page.matchAll(/^\| `(?<code>[A-Z_]+)` \| (?<second>\w+) \|/gm)
  return Object.fromEntries([...rows].map((row) => [row[1] ?? '', row[2] ?? '']).filter(([code]) => code?.startsWith(prefix)))
}

describe('docs/errors.md', () => {
  it('explains every error code with its kind, and no other', () => {
    const kinds = Object.fromEntries(Object.entries(ERRORS).map(([code, { kind }]) => [code, kind]))
    expect(documented('AITBC_')).toEqual(kinds)
  })

  it('explains every failure code, whether it is retried elsewhere, and no other', () => {
    const retries = Object.fromEntries(
      Object.entries(FAILURE_CODES).map(([code, { retryable }]) => [code, retryable ? 'yes' : 'no']),
    )
    expect(documented('E_')).toEqual(retries)
  })
})

describe('AitbcError', () => {
  it('knows its kind by its code and keeps its cause and facts', () => {
    const cause = new Error('ENOSPC')
    const error = new AitbcError('AITBC_JOURNAL_WRITE', 'the disk is full', { cause, facts: { path: '/x' } })
    expect(error).toMatchObject({ name: 'AitbcError', kind: 'fatal', cause, facts: { path: '/x' } })
  })

  it('has no cause of its own making', () => {
    expect(Object.hasOwn(new AitbcError('AITBC_BUG', 'text'), 'cause')).toBe(false)
  })
})
