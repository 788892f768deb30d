import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { fileTensor } from '../../../src/workloads/onnx-infer/input-file.ts'
import { ELEMENT_BYTES, elementCount } from '../../../src/workloads/tensor-files/element-types.ts'
import { readSafetensorsHeader } from '../../../src/workloads/tensor-files/read-safetensors.ts'
import { TensorFileError } from '../../../src/workloads/tensor-files/tensor-file-error.ts'
import { writeSafetensors } from '../../../src/workloads/tensor-files/write-safetensors.ts'
import { fuzzFolder } from '../fuzz-folder.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import type { Attack } from '../fuzz-target.ts'
import { damagedBytes } from '../mutations/byte-edits.ts'
import { damagedJson } from '../mutations/json-edits.ts'
import { damagedText } from '../mutations/text-edits.ts'

const MAX_MESSAGE = 4_000

const SAFETENSORS = [
  writeSafetensors([]),
  writeSafetensors([{ name: 'x', type: 'float32', shape: [2, 2], bytes: new Uint8Array(16) }]),
  writeSafetensors([
    { name: 'x', type: 'bool', shape: [3], bytes: Uint8Array.of(0, 1, 0) },
    { name: 'é', type: 'int64', shape: [], bytes: new Uint8Array(8) },
    { name: 'empty', type: 'uint8', shape: [0, 7], bytes: new Uint8Array() },
  ]),
]

const HEADERS = [
  { a: { dtype: 'U8', shape: [8], data_offsets: [0, 8] }, b: { dtype: 'U8', shape: [8], data_offsets: [0, 8] } },
  { x: { dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] } },
  { __metadata__: { format: 'pt' }, a: { dtype: 'F4', shape: [3], data_offsets: [0, 1.5] } },
  {
    a: { dtype: 'U8', shape: [4], data_offsets: [0, 4] },
    b: { dtype: 'U8', shape: [4], data_offsets: [4, 8] },
    c: { dtype: 'BF16', shape: [0], data_offsets: [4, 4] },
  },
]

const headerFiles = fc
  .tuple(damagedJson(fc.constantFrom(...HEADERS)), fc.constantFrom(0, 1, 8, 16), fc.constantFrom(0, 0, 0, 1, -1))
  .map(([json, dataBytes, wrongBy]) => {
    const header = Buffer.from(json, 'utf8')
    const prefix = Buffer.alloc(8)
    prefix.writeBigInt64LE(BigInt(header.length + wrongBy))
    return new Uint8Array(Buffer.concat([prefix, header, Buffer.alloc(dataBytes)]))
  })

/** A file is a tensor of just its bytes, or one failure with a code; its tensors lie in the data without gap or overlap. */
export const safetensors = fuzzTarget<Uint8Array<ArrayBuffer>>({
  name: 'safetensors',
  input: () => fc.oneof(headerFiles, damagedBytes(fc.constantFrom(...SAFETENSORS))),
  open: () => {
    const tensors = tensorAttack()
    return {
      ...tensors,
      holds: async (file) => {
        checkLayout(file)
        await tensors.holds(file)
      },
    }
  },
})

function checkLayout(file: Uint8Array): void {
  if (file.length < 8) return
  const headerBytes = Number(Buffer.from(file).readBigUInt64LE())
  const dataBytes = file.length - 8 - headerBytes
  if (dataBytes < 0) return
  try {
    const entries = [...readSafetensorsHeader(file.subarray(8, 8 + headerBytes), dataBytes).values()]
    const taken = entries.reduce((sum, { start, end }) => sum + (end - start), 0)
    if (taken !== dataBytes) throw new Error(`tensors of ${taken} bytes in ${dataBytes}`)
    if (entries.some(({ start, end }) => start < 0 || end < start || end > dataBytes || !Number.isInteger(start))) {
      throw new Error(`a tensor outside of the data: ${JSON.stringify(entries)}`)
    }
  } catch (error) {
    if (!(error instanceof TensorFileError)) throw error
  }
}

function npyFile(
  header: string,
  data: Uint8Array,
  [major, lengthBytes]: readonly [number, 2 | 4] = [1, 2],
): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(header, 'utf8')
  const length = Buffer.alloc(lengthBytes)
  if (lengthBytes === 2) length.writeUInt16LE(text.length & 0xffff)
  else length.writeUInt32LE(text.length)
  return new Uint8Array(Buffer.concat([Uint8Array.of(0x93), Buffer.from('NUMPY'), Uint8Array.of(major, 0), length, text, data]))
}

const NPY_HEADERS = [
  "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n",
  "{'descr': '>i8', 'fortran_order': True, 'shape': (2, 1), }\n",
  "{'descr': '|b1', 'fortran_order': False, 'shape': (16,), }\n",
  "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (), }\n",
]
const NPY_WORDS = [
  "'descr'",
  ':',
  ',',
  '(',
  ')',
  '[',
  ']',
  '{',
  '}',
  'True',
  '9007199254740993',
  '0',
  '-1',
  '4294967296',
  "'<f8'",
  "'__proto__'",
  '10L',
]

const npyHeaders = fc
  .tuple(
    damagedText(fc.constantFrom(...NPY_HEADERS), { words: NPY_WORDS, maxTimes: 2_000 }),
    fc.constantFrom(0, 8, 16),
    fc.constantFrom([1, 2] as const, [2, 4] as const, [3, 4] as const),
  )
  .map(([header, dataBytes, version]) => npyFile(header, new Uint8Array(dataBytes), version))

export const npy = fuzzTarget<Uint8Array<ArrayBuffer>>({
  name: 'npy',
  input: () =>
    fc.oneof(npyHeaders, damagedBytes(fc.constantFrom(...NPY_HEADERS).map((header) => npyFile(header, new Uint8Array(16))))),
  open: tensorAttack,
})

function tensorAttack(): Attack<Uint8Array> {
  const folder = fuzzFolder()
  const path = join(folder.path, 'input')
  return {
    holds: async (file) => {
      writeFileSync(path, file)
      try {
        const { type, shape, bytes } = await fileTensor({ name: 'input', path, mediaType: null }, undefined, 'x')
        if (bytes.length !== elementCount(shape) * ELEMENT_BYTES[type])
          throw new Error(`${bytes.length} bytes for ${type} of [${shape.join()}]`)
        if (bytes.length > file.length) throw new Error(`${bytes.length} bytes out of a file of ${file.length}`)
      } catch (error) {
        if (!(error instanceof JobFailureError)) throw error
        const { code, message } = error.failure
        if (code !== 'E_INPUT' && code !== 'E_INVALID') throw error
        if (message.length > MAX_MESSAGE) throw new Error(`a message of ${message.length} characters`, { cause: error })
      }
    },
    close: folder.remove,
  }
}
