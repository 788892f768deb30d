import { describe, expect, it } from 'vitest'

import { controlAnswerSchema, controlRequestSchema } from '../../../src/control/control-messages.ts'
import { EXAMPLE_STATUS } from '../cli/example-status.ts'

describe('control messages', () => {
  it('carry a status through JSON unchanged', () => {
    const message: unknown = JSON.parse(JSON.stringify({ ok: true, status: EXAMPLE_STATUS }))
    expect(controlAnswerSchema.parse(message)).toEqual({ ok: true, status: EXAMPLE_STATUS })
  })

  it('let a newer daemon say more than this command knows', () => {
    const newer = { ok: true, status: { ...EXAMPLE_STATUS, mood: 'fine' } }
    expect(controlAnswerSchema.parse(newer)).toEqual({ ok: true, status: EXAMPLE_STATUS })
  })

  it('are refused when they are of another kind', () => {
    expect(controlRequestSchema.safeParse({ request: 'format-disk' }).success).toBe(false)
    expect(controlAnswerSchema.safeParse({ ok: true, status: { ...EXAMPLE_STATUS, pid: 'x' } }).success).toBe(false)
  })
})
