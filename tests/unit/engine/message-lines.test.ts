import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MessageLines, messageLine } from '../../../src/engine/message-lines.ts'
import { fromChild } from '../../../src/engine/messages.ts'

describe('MessageLines', () => {
  it('gives back what was sent, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue())), fc.integer({ min: 1, max: 7 }), (messages, step) => {
        const bytes = Buffer.from(messages.map(messageLine).join(''))
        const lines = new MessageLines(1_000_000)
        const received: unknown[] = []
        for (let at = 0; at < bytes.length; at += step) received.push(...lines.push(bytes.subarray(at, at + step)))
        expect(JSON.stringify(received)).toBe(JSON.stringify(messages))
      }),
    )
  })

  it('refuses a line that does not end, and one that is no JSON', () => {
    expect(() => new MessageLines(10).push(Buffer.from('x'.repeat(11)))).toThrow('longer than 10')
    expect(() => new MessageLines(10).push(Buffer.from('{\n'))).toThrow(SyntaxError)
  })
})

describe('fromChild', () => {
  it('takes the messages of the protocol', () => {
    const done = {
      type: 'done',
      runId: 1,
      mode: 'cpu',
      mediaType: 'application/json',
      output: { kind: 'inline', base64: 'e30=' },
      metrics: { seconds: 1 },
      environment: { engine: 'x' },
    }
    expect(fromChild.parse(done)).toEqual(done)
  })

  it.each([
    [{ type: 'done', runId: 1 }],
    [{ type: 'failed', runId: 1, code: 'E_MADE_UP', message: '' }],
    [{ type: 'progress', runId: 0, progress: { type: 'log', data: '' } }],
    [{ type: 'hello' }],
    [null],
  ])('refuses %j', (message) => {
    expect(fromChild.safeParse(message).success).toBe(false)
  })
})
