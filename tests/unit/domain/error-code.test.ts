import { describe, expect, it } from 'vitest'
import { errorCode } from '../../../src/domain/error-code.ts'

describe('errorCode', () => {
  it.each([
    [Object.assign(new Error('gone'), { code: 'ENOENT' }), 'ENOENT'],
    [Object.assign(new Error('odd'), { code: 7 }), null],
    [new Error('plain'), null],
    [{ code: 'ENOENT' }, null],
    [null, null],
  ])('of %o is %s', (error, code) => {
    expect(errorCode(error)).toBe(code)
  })
})
