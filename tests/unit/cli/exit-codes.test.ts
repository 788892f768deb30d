import { describe, expect, it } from 'vitest'

import { EXIT_CODES, exitCodeOf } from '../../../src/cli/exit-codes.ts'
import { AitbcError } from '../../../src/domain/errors.ts'

describe('exitCodeOf', () => {
  it.each([
    [new AitbcError('AITBC_USAGE', 'x'), 2],
    [new AitbcError('AITBC_NOT_RUNNING', 'x'), 69],
    [new AitbcError('AITBC_ALREADY_RUNNING', 'x'), 75],
    [new AitbcError('AITBC_CONTROL', 'x'), 75],
    [new AitbcError('AITBC_CONTROL', 'x', { facts: { permissionDenied: true } }), 77],
    [new AitbcError('AITBC_CONFIG', 'x'), 78],
    [new AitbcError('AITBC_STATE_DIR', 'x'), 78],
    [new AitbcError('AITBC_STATE_DIR', 'x', { facts: { isPassing: true } }), 75],
    [new AitbcError('AITBC_WORK_DIR', 'x', { facts: { isPassing: false } }), 78],
    [new AitbcError('AITBC_JOURNAL_OPEN', 'x'), 75],
    [new AitbcError('AITBC_JOURNAL_OPEN', 'x', { facts: { isDamaged: true } }), 78],
    [new AitbcError('AITBC_BUG', 'x'), 1],
    [new Error('x'), 1],
    ['not even an error', 1],
  ])('maps %s to %i', (error, code) => {
    expect(exitCodeOf(error)).toBe(code)
  })

  it('gives each number one meaning', () => {
    const codes = Object.values(EXIT_CODES).map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })
})
