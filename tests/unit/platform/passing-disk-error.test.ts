import { describe, expect, it } from 'vitest'
import { isPassingDiskError } from '../../../src/platform/passing-disk-error.ts'

const failure = (facts: object): Error => Object.assign(new Error('failed'), facts)

describe('isPassingDiskError', () => {
  it.each([{ code: 'ENOSPC' }, { code: 'EDQUOT' }, { code: 'EIO' }, { code: 'ERR_SQLITE_ERROR', errcode: 13 }, { errcode: 778 }])(
    'is true where there may be room or a working disk later: %j',
    (facts) => {
      expect(isPassingDiskError(failure(facts))).toBe(true)
    },
  )

  it.each([{ code: 'EACCES' }, { code: 'EROFS' }, { code: 'ERR_SQLITE_ERROR', errcode: 14 }, {}])(
    'is false where someone must change something: %j',
    (facts) => {
      expect(isPassingDiskError(failure(facts))).toBe(false)
    },
  )
})
