import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { field, integerField } from '../../../src/engine/child/protobuf-fields.ts'
import { externalDataFiles } from '../../../src/models/onnx-external-data.ts'
import { corrupted } from '../../support/corrupted.ts'
import { onnxModel } from '../../support/onnx-model-writer.ts'
import { SeededRandom } from '../../../scripts/reliability/seeded-random.ts'
import { tempDir } from '../../support/temp-dir.ts'

async function filesOf(bytes: Uint8Array): Promise<readonly string[] | string> {
  const path = join(tempDir(), 'model.onnx')
  writeFileSync(path, bytes)
  try {
    return await externalDataFiles(path)
  } catch (error) {
    if (error instanceof JobFailureError) return error.failure.code
    throw error
  }
}

/** TensorProto with its data in a file. */
function tensorIn(location: string): Buffer {
  return Buffer.concat([field(8, 'w'), field(13, Buffer.concat([field(1, 'location'), field(2, location)])), integerField(14, 1)])
}

const constantIn = (location: string): Uint8Array =>
  field(5, Buffer.concat([field(1, 'value'), field(5, tensorIn(location)), integerField(20, 4)]))

/** A field whose tag has five bytes, of which readers leave out what goes beyond 32 bits. */
function longTag(number: number, content: Uint8Array): Buffer {
  const plain = Buffer.from(field(number, content))
  return Buffer.concat([Buffer.from([(plain[0] ?? 0) | 0x80, 0x80, 0x80, 0x80, 0x10]), plain.subarray(1)])
}

const PLACES: readonly (readonly [string, (location: string) => Uint8Array])[] = [
  ['an initializer', (location) => field(7, field(5, tensorIn(location)))],
  ['a sparse initializer', (location) => field(7, field(15, field(1, tensorIn(location))))],
  ['a constant', (location) => field(7, field(1, constantIn(location)))],
  ['a constant of a function', (location) => field(25, field(7, constantIn(location)))],
  ['a default of a function', (location) => field(25, field(11, field(5, tensorIn(location))))],
  ['a training graph', (location) => field(20, field(2, field(5, tensorIn(location))))],
  ['a graph behind a tag of five bytes', (location) => longTag(7, field(5, tensorIn(location)))],
  ['a tensor behind a tag of five bytes', (location) => field(7, longTag(5, tensorIn(location)))],
]

describe.each(PLACES)('external data of %s', (_place, model) => {
  it('is found beside the model', async () => {
    expect(await filesOf(model('weights/model.onnx_data'))).toEqual(['weights/model.onnx_data'])
  })

  it.each(['../../../etc/passwd', '/etc/passwd', 'a/../../b', './x', 'a\0b', '..', '', 'C:\\x', '\\\\host\\x', 'x'.repeat(5000)])(
    'is refused in %j',
    async (location) => {
      expect(await filesOf(model(location))).toBe('E_INPUT')
    },
  )
})

describe('a file that is no model', () => {
  it('is refused when a tag or a length has no end', async () => {
    expect(await filesOf(Buffer.alloc(100, 0xff))).toBe('E_INPUT')
    expect(await filesOf(Buffer.from([0x3a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]))).toBe('E_INPUT')
    expect(await filesOf(Buffer.from([0xba, 0x80, 0x80, 0x80, 0x80, 0x00, 0x00]))).toBe('E_INPUT')
  })

  it('is refused when graphs nest without end', async () => {
    let graph: Uint8Array = field(5, tensorIn('x'))
    for (let depth = 0; depth < 40; depth += 1) graph = field(1, field(5, field(6, graph)))
    expect(await filesOf(field(7, graph))).toBe('E_INPUT')
  })

  it('is refused when it has more fields than any model, which would be looked at for minutes', async () => {
    expect(await filesOf(Buffer.alloc(20_000_000, Buffer.from([0x78, 0])))).toBe('E_INPUT')
    expect(await filesOf(Buffer.alloc(1_000_000))).toBe('E_INPUT')
  })

  it('is read to a list or refused, whatever damage it has', async () => {
    const random = new SeededRandom(1)
    const ports = [{ name: 'x', type: 'float32', shape: ['n'] }] as const
    const nodes = [{ op: 'Add', inputs: ['x', 'c'], outputs: ['x'] }]
    const constants = [{ name: 'c', type: 'float32', shape: [1], data: { file: 'data', bytes: 4 } }] as const
    const good = onnxModel({ inputs: ports, outputs: ports, nodes, constants })
    for (let at = 0; at < 500; at += 1) {
      const { bytes } = corrupted(good, good.length, () => random.next())
      const found = await filesOf(bytes)
      const climbs =
        typeof found === 'string' ? found !== 'E_INPUT' : found.some((path) => /^\/|\\|(?:^|\/)\.\.?(?:\/|$)/.test(path))
      expect(climbs).toBe(false)
    }
  })
})
