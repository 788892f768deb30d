import { describe, expect, it } from 'vitest'
import { Redactor } from '../../../src/domain/redactor.ts'
import { presentable, sentenceOf } from '../../../src/llm-server/server-sentence.ts'

describe('sentenceOf', () => {
  it.each([
    [{ error: { message: 'a', type: 'b', code: 400 } }, 'a'],
    [{ error: 'a', error_type: 'validation' }, 'a'],
    [{ detail: 'a' }, 'a'],
    [{ detail: [{ loc: ['body', 'stop', 0], msg: 'a' }, { msg: 'b' }] }, 'body.stop.0: a; b'],
    [{ object: 'error', message: 'a' }, 'a'],
    [{ error: null, choices: [] }, null],
    [{ message: 'a' }, null],
    ['a', null],
    [undefined, null],
  ])('reads %j', (body, sentence) => {
    expect(sentenceOf(body)).toBe(sentence)
  })
})

describe('presentable', () => {
  it('takes out the key, wherever it stands', () => {
    expect(presentable('wrong key k-123, not k-123', new Redactor(['k-123']))).toBe('wrong key [redacted], not [redacted]')
  })

  it('makes one line of it', () => {
    expect(presentable(' a\n\tb\u001b[31m\u0000c ', new Redactor([]))).toBe('a b [31m c')
  })

  it('shortens it', () => {
    expect(presentable('x'.repeat(10_000), new Redactor([]))).toHaveLength(501)
  })
})
