import { describe, expect, it } from 'vitest'
import { missingLayers, sandboxText } from '../../../../src/engine/sandbox/sandbox-text.ts'

const MESSAGE = { type: 'sandbox' } as const

describe('sandboxText and missingLayers', () => {
  it.each([
    [{ ...MESSAGE, landlockAbi: 6, hasSeccomp: true }, 'Landlock ABI 6, seccomp', []],
    [{ ...MESSAGE, landlockAbi: null, hasSeccomp: true }, 'seccomp', ['Landlock']],
    [{ ...MESSAGE, landlockAbi: 2, hasSeccomp: false }, 'Landlock ABI 2', ['seccomp']],
    [null, 'none', ['Landlock', 'seccomp']],
  ])('say of %j that it is "%s"', (message, text, missing) => {
    expect(sandboxText(message)).toBe(text)
    expect(missingLayers(text)).toEqual(missing)
  })
})
