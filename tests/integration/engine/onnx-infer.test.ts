import { readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../../src/domain/engine.ts'
import type { JobFailure } from '../../../src/domain/failure-codes.ts'
import { writeSafetensors } from '../../../src/workloads/tensor-files/write-safetensors.ts'
import { tempFile, withInputs } from '../../fixtures/onnx/onnx-jobs.ts'
import type { OutputTensor } from '../../fixtures/onnx/onnx-jobs.ts'
import { identityModel, onnxTypeNumber } from '../../support/onnx-model-writer.ts'
import type { OnnxType } from '../../support/onnx-model-writer.ts'
import { failureOf, runRequest } from './engine-fixture.ts'
import { ADD, ONE_ROW, failure, modelFile, onnxPool, runOnnx, tensors } from './onnx-fixture.ts'

describe('onnx_infer', () => {
  it('runs a model on inputs of each type and gives back what it computed, bit for bit', async () => {
    const pool = await onnxPool()
    const cases: readonly (readonly [OnnxType, readonly unknown[], readonly unknown[]])[] = [
      ['float32', [1.5, 'NaN', '-Infinity'], [1.5, Number.NaN, Number.NEGATIVE_INFINITY]],
      ['float64', [0.1, 1e300, 'Infinity'], [0.1, 1e300, Number.POSITIVE_INFINITY]],
      ['float16', [0.5, -65_504, 'NaN'], [0.5, -65_504, Number.NaN]],
      ['int8', [-128, 0, 127], [-128, 0, 127]],
      ['int16', [-32_768, 0, 32_767], [-32_768, 0, 32_767]],
      ['int32', [-2_147_483_648, 0, 2_147_483_647], [-2_147_483_648, 0, 2_147_483_647]],
      ['int64', ['-9223372036854775808', 7, '9223372036854775807'], [-(2n ** 63n), 7n, 2n ** 63n - 1n]],
      ['uint8', [0, 128, 255], [0, 128, 255]],
      ['uint16', [0, 1, 65_535], [0, 1, 65_535]],
      ['uint32', [0, 1, 4_294_967_295], [0, 1, 4_294_967_295]],
      ['uint64', [0, '18446744073709551615', 1], [0n, 2n ** 64n - 1n, 1n]],
      ['bool', [true, false, 1], [1, 0, 1]],
    ]
    for (const [type, data, expected] of cases) {
      const model = await modelFile(identityModel(type))
      const y = (await tensors({ pool, model, inputs: { x: { dtype: type, shape: [3], data } } })).get('y')
      expect({ type, shape: y?.shape, elements: [...(y?.elements ?? [])] }).toEqual({ type, shape: [3], elements: expected })
    }
  })

  it('takes texts, and refuses to give them out', async () => {
    const pool = await onnxPool()
    const hits = await modelFile({
      inputs: [{ name: 'x', type: 'string', shape: ['n'] }],
      outputs: [
        { name: 'same', type: 'string', shape: ['n'] },
        { name: 'hit', type: 'bool', shape: ['n'] },
      ],
      nodes: [
        { op: 'Identity', inputs: ['x'], outputs: ['same'] },
        { op: 'Equal', inputs: ['x', 'wanted'], outputs: ['hit'] },
      ],
      constants: [{ name: 'wanted', type: 'string', shape: [1], data: { texts: ['grün'] } }],
    })
    const inputs = { x: { dtype: 'string', shape: [2], data: ['blau', 'grün'] } }
    const hit = (await tensors({ pool, model: hits, inputs, outputs: ['hit'] })).get('hit')
    expect([...(hit?.elements ?? [])]).toEqual([0, 1])
    expect(await failure({ pool, model: hits, inputs })).toMatchObject({
      code: 'E_UNSUPPORTED',
      message: 'output same of the model is string, which a safetensors file cannot hold: ask for other outputs',
    })
  })

  it('takes single values, empty tensors, nested arrays and base64', async () => {
    const pool = await onnxPool()
    const scalar = await modelFile(identityModel('int64', []))
    expect((await tensors({ pool, model: scalar, inputs: { x: { dtype: 'int64', shape: [], data: 16_000 } } })).get('y')).toEqual(
      {
        type: 'int64',
        shape: [],
        elements: BigInt64Array.of(16_000n),
      },
    )
    const matrix = await modelFile(identityModel('float32', ['n', 3]))
    const of = async (shape: readonly number[], data: unknown): Promise<OutputTensor | undefined> =>
      (await tensors({ pool, model: matrix, inputs: { x: { dtype: 'float32', shape, data } } })).get('y')
    const elements = Float32Array.of(1, 2, 3, 4, 5, 6)
    const two = { type: 'float32', shape: [2, 3], elements }
    expect(await of([2, 3], [...elements])).toEqual(two)
    expect(
      await of(
        [2, 3],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
    ).toEqual(two)
    expect(await of([2, 3], { base64: Buffer.from(elements.buffer).toString('base64') })).toEqual(two)
    expect(await of([0, 3], [])).toEqual({ type: 'float32', shape: [0, 3], elements: new Float32Array() })
  })

  it('takes tensors from files of the job', async () => {
    const pool = await onnxPool()
    const model = await modelFile(ADD)
    const both = await tempFile(
      'both',
      writeSafetensors([
        { name: 'x', type: 'float32', shape: [1, 3], bytes: bytesOf(1, 2, 3) },
        { name: 'other', type: 'float32', shape: [1, 3], bytes: bytesOf(10, 20, 30) },
      ]),
    )
    const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }`.padEnd(117)
    const prefix = Uint8Array.of(0x93, ...Buffer.from('NUMPY'), 1, 0, header.length + 1, 0)
    const npy = await tempFile('npy', Buffer.concat([prefix, Buffer.from(`${header}\n`), bytesOf(100, 200, 300)]))
    const files = { both, npy }
    const sum = async (x: object, z: object): Promise<unknown> => [
      ...((await tensors({ pool, model, inputs: { x, z }, files })).get('y')?.elements ?? []),
    ]
    expect(await sum({ input: 'both' }, { input: 'both', tensor: 'other' })).toEqual([11, 22, 33])
    expect(await sum({ input: 'npy', dtype: 'float32', shape: [1, 3] }, ONE_ROW)).toEqual([101, 202, 303])

    const wrong = async (x: object): Promise<JobFailure> => failure({ pool, model, inputs: { x, z: ONE_ROW }, files })
    expect((await wrong({ input: 'bothe' })).message).toMatch('input x: the job has no input file bothe: did you mean both?')
    expect((await wrong({ input: 'both', tensor: 'othr' })).message).toMatch('did you mean other?')
    expect((await wrong({ input: 'npy', shape: [3, 1] })).message).toMatch('the job says float32 of shape [3, 1]')
  })

  it('names the outputs in the order of the model, or in the one asked for, in the same bytes each time', async () => {
    const pool = await onnxPool()
    const model = await modelFile({
      inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
      outputs: [
        { name: 'b', type: 'bool', shape: ['n'] },
        { name: '7', type: 'float64', shape: ['n'] },
        { name: 'a', type: 'float32', shape: ['n'] },
      ],
      nodes: [
        { op: 'Cast', inputs: ['x'], outputs: ['b'], attributes: { to: onnxTypeNumber('bool') } },
        { op: 'Cast', inputs: ['x'], outputs: ['7'], attributes: { to: onnxTypeNumber('float64') } },
        { op: 'Neg', inputs: ['x'], outputs: ['a'] },
      ],
    })
    const inputs = { x: { dtype: 'float32', shape: [3], data: [0, 1, 2] } }
    const [first, second] = [await runOnnx({ pool, model, inputs }), await runOnnx({ pool, model, inputs })]
    expect(first.output).toMatchObject({ mediaType: 'application/vnd.safetensors', sha256: second.output.sha256 })
    expect(headerText(first)).toMatch(/^\{"b":.*"7":.*"a":/)
    expect(headerText(await runOnnx({ pool, model, inputs, outputs: ['a', 'b'] }))).toMatch(/^\{"a":[^7]*"b":[^7]*$/)
    expect(first.metrics).toMatchObject({ load_ms: expect.any(Number), infer_ms: expect.any(Number) })
  })

  it('gives outputs of any size', async () => {
    const pool = await onnxPool()
    const model = await modelFile(identityModel('float32'))
    const count = 100_000
    const data = { base64: Buffer.from(new Float32Array(count).fill(0.25).buffer).toString('base64') }
    const y = (await tensors({ pool, model, inputs: { x: { dtype: 'float32', shape: [count], data } } })).get('y')
    expect(y?.elements).toEqual(new Float32Array(count).fill(0.25))
  })

  it('writes nothing of an output beyond the limit', async () => {
    const pool = await onnxPool()
    const count = 100_000
    const x = { dtype: 'float32', shape: [count], data: { base64: Buffer.alloc(4 * count).toString('base64') } }
    const params = { model: await modelFile(identityModel('float32')), inputs: { x } }
    const request = await runRequest('onnx_infer', params, { limits: { maxOutputBytes: 4 * count } })
    expect((await failureOf(pool.run(withInputs(request, {})))).code).toBe('E_OUTPUT')
    expect(readdirSync(request.workDir)).toEqual([])
  })

  it('does not keep every model that it ever ran', async () => {
    const pool = await onnxPool({ ramMb: 64 })
    const side = 1000
    const x = { dtype: 'float32', shape: [side], data: { base64: Buffer.alloc(4 * side).toString('base64') } }
    const runOther = async (fill: number): Promise<void> => {
      const data = new Uint8Array(new Float32Array(side * side).fill(fill).buffer)
      const model = await modelFile({
        inputs: [{ name: 'x', type: 'float32', shape: [side] }],
        outputs: [{ name: 'y', type: 'float32', shape: [side] }],
        nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
        constants: [{ name: 'w', type: 'float32', shape: [side, side], data }],
      })
      await runOnnx({ pool, model, inputs: { x } })
    }
    await runOther(0)
    const first = pool.status()[0]
    for (let model = 1; model <= 40; model += 1) await runOther(model)
    const last = pool.status()[0]
    expect(last?.pid).toBe(first?.pid)
    expect((last?.rssMb ?? Infinity) - (first?.rssMb ?? 0)).toBeLessThan(150)
  })
})

function bytesOf(...values: readonly number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer)
}

function headerText({ output }: RunResult): string {
  if (output.bytes.kind !== 'memory') throw new Error('the output is in a file')
  const file = Buffer.from(output.bytes.data)
  return file.toString('utf8', 8, 8 + Number(file.readBigUInt64LE(0))).trimEnd()
}
