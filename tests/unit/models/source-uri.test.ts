import { describe, expect, it } from 'vitest'
import { parseSource, siblingUri } from '../../../src/models/source-uri.ts'
import { errorOf } from '../../support/error-of.ts'

function urlOf(uri: string): string {
  const source = parseSource(uri)
  return source.kind === 'http' ? source.url.href : `path ${source.path}`
}

describe('parseSource', () => {
  it.each([
    ['https://example.org/a/b.gguf?x=1', 'https://example.org/a/b.gguf?x=1'],
    ['http://192.168.1.2:8080/a', 'http://192.168.1.2:8080/a'],
    ['hf:owner/repo/a.gguf', 'https://huggingface.co/owner/repo/resolve/main/a.gguf'],
    ['hf:owner/repo/deep/a+b.gguf@v1.0', 'https://huggingface.co/owner/repo/resolve/v1.0/deep/a%2Bb.gguf'],
    ['hf:owner/repo/a.gguf@refs/pr/1', 'https://huggingface.co/owner/repo/resolve/refs%2Fpr%2F1/a.gguf'],
    ['file:///srv/a%20b.gguf', 'path /srv/a b.gguf'],
    ['file:///srv/../etc/x', 'path /etc/x'],
  ])('reads %s', (uri, expected) => {
    expect(urlOf(uri)).toBe(expected)
  })

  it.each([
    '',
    'a.gguf',
    '/srv/a.gguf',
    'ftp://x/y',
    'data:,x',
    'javascript:1',
    'hf:owner',
    'hf:owner/repo',
    'hf:../repo/a',
    'hf:o/r/../../x',
    'hf:o/r/a@..',
    'hf:o/r/\ud800',
    'https://h/\udc00',
    'file://host/x',
    'file:///a%2Fb',
    'file:///a%00',
  ])('refuses %j', (uri) => {
    expect(errorOf(() => parseSource(uri))).toMatchObject({ failure: { code: 'E_INPUT' } })
  })

  it('does not repeat a long address in full', () => {
    const error = errorOf(() => parseSource('x'.repeat(100_000)))
    expect(error instanceof Error && error.message.length).toBeLessThan(400)
  })
})

describe('siblingUri', () => {
  it.each([
    ['https://h/a/model_index.json?sig=1', 'unet/model.onnx', 'https://h/a/unet/model.onnx?sig=1'],
    ['hf:o/r/a/model_index.json@v1', 'unet/model.onnx', 'hf:o/r/a/unet/model.onnx@v1'],
    ['hf:o/r/model.onnx', 'weights.bin', 'hf:o/r/weights.bin'],
    ['file:///srv/m/model.onnx', 'a b', 'file:///srv/m/a%20b'],
  ])('finds beside %s the file %s', (uri, relative, expected) => {
    expect(siblingUri(uri, relative)).toBe(expected)
  })
})
