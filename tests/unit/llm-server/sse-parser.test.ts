import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SseError, SseParser } from '../../../src/llm-server/sse-parser.ts'

function read(...chunks: readonly (string | Uint8Array)[]): string[] {
  const parser = new SseParser(1000)
  return chunks.flatMap((chunk) => parser.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk)).map(({ data }) => data)
}

describe('SseParser', () => {
  it('reads events that end in a blank line', () => {
    expect(read('data: one\n\ndata: two\n\n')).toEqual(['one', 'two'])
  })

  it('takes all three line ends, and a CR LF that is cut in two', () => {
    expect(read('data: a\r\n\r\ndata: b\r\rdata: c\n\n')).toEqual(['a', 'b', 'c'])
    expect(read('data: a\r', '\n\r', '\ndata: b\r\n\r\n')).toEqual(['a', 'b'])
  })

  it('joins the data lines of one event by line feeds', () => {
    expect(read('data: {\ndata:  "a": 1\ndata: }\n\n')).toEqual(['{\n "a": 1\n}'])
  })

  it('takes off one space behind the colon, and none but that', () => {
    expect(read('data:x\n\ndata:  y\n\n')).toEqual(['x', ' y'])
  })

  it('passes over comments, other fields, and events without data', () => {
    expect(read(': ping\n\nevent: message\nid: 4\nretry: 10\ndata: a\n\nevent: nothing\n\n')).toEqual(['a'])
  })

  it('reads a data line without a colon as an empty one', () => {
    expect(read('data\n\n')).toEqual([''])
  })

  it('drops a byte order mark, and what the stream ends in the middle of', () => {
    expect(read('\u{feff}data: a\n\ndata: b\n')).toEqual(['a'])
  })

  it('gives the same events however the bytes are cut', () => {
    const bytes = Buffer.from('data: {"text":"größe 😀 日本"}\r\n\r\n: ping\n\ndata: a\ndata: b\n\ndata: [DONE]\n\n')
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 })), (cuts) => {
        const ends = [...cuts.toSorted((a, b) => a - b), bytes.length]
        const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        expect(read(...chunks)).toEqual(['{"text":"größe 😀 日本"}', 'a\nb', '[DONE]'])
      }),
    )
  })

  it('refuses bytes that are no UTF-8', () => {
    expect(() => read(new Uint8Array([0x64, 0xff, 0xfe]))).toThrow(SseError)
  })

  it('refuses an event that is too long, be it one line, many, or without an end', () => {
    expect(() => read(`data: ${'x'.repeat(1000)}\n\n`)).toThrow(SseError)
    expect(() => read(...Array.from({ length: 300 }, () => 'data: xxxx\n'))).toThrow(SseError)
    expect(() => read('data: ', ...Array.from({ length: 300 }, () => 'xxxx'))).toThrow(SseError)
  })
})
