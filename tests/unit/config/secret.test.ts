import { inspect } from 'node:util'

import { describe, expect, it } from 'vitest'

import { Secret } from '../../../src/config/secret.ts'

describe('Secret', () => {
  const secret = new Secret('hunter2')

  it('gives its value to who asks for it', () => {
    expect(secret.reveal()).toBe('hunter2')
  })

  it.each([
    ['String()', String(secret)],
    ['joined text', ['a', secret, 'b'].join()],
    ['JSON', JSON.stringify({ secret })],
    ['util.inspect', inspect({ secret }, { showHidden: true, depth: 9 })],
  ])('is redacted in %s', (_, printed) => {
    expect(printed).toContain('[redacted]')
    expect(printed).not.toContain('hunter2')
  })
})
