import { describe, expect, it } from 'vitest'

import { renderError } from '../../../src/cli/render-error.ts'
import { AitbcError } from '../../../src/domain/errors.ts'

describe('renderError', () => {
  it('puts what to do on a line of its own', () => {
    const error = new AitbcError('AITBC_STATE_DIR', 'cannot write to /x; set STATE_DIR; or use sudo')
    expect(renderError(error)).toBe('aitbc-miner: cannot write to /x (AITBC_STATE_DIR)\n  set STATE_DIR; or use sudo\n')
  })

  it('is one line when there is nothing to do', () => {
    expect(renderError(new AitbcError('AITBC_CONTROL', 'refused'))).toBe('aitbc-miner: refused (AITBC_CONTROL)\n')
  })

  it('asks for a report of anything unexpected, with its stack', () => {
    const text = renderError(new TypeError('x is not a function'))
    expect(text).toMatch(
      /^aitbc-miner: unexpected error; this is a bug, please report it with these lines\n {2}TypeError: x is not/,
    )
    expect(text).toContain('render-error.test.ts')
  })
})
