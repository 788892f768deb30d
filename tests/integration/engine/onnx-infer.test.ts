import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { RunResult } from '../../../src/domain/engine.ts'
import type { JobFailure } from '../../../src/domain/failure-codes.ts'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { writeSafetensors } from '../../../src/workloads/tensor-files/write-safetensors.ts'
import { INPUTS_BY_PATH, MODELS_BY_PATH, outputTensors, tempFile, withInputs } from '../../fixtures/onnx/onnx-jobs.ts'
import type { OutputTensor } from '../../fixtures/onnx/onnx-jobs.ts'
import { identityModel, onnxModel, onnxTypeNumber } from '../../support/onnx-model-writer.ts'
import type { OnnxModel, OnnxType } from '../../support/onnx-model-writer.ts'
import { enginePool, failureOf, runRequest } from './engine-fixture.ts'
import type { PoolOptions, RequestOptions } from './engine-fixture.ts'

function onnxPool(options: PoolOptions = {}): Promise<EnginePool> {
  return enginePool({ models: MODELS_BY_PATH, inputs: INPUTS_BY_PATH, ...options })
}

interface Run {
  readonly pool: EnginePool
  readonly model: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly options?: RequestOptions
}

async function run({ pool, files = {}, options, ...params }: Run): Promise<RunResult> {
  return pool.run(withInputs(await runRequest('onnx_infer', params, options), files))
}

async function tensors(given: Run): Promise<ReadonlyMap<string, OutputTensor>> {
  return outputTensors(await run(given))
}

async function failure(given: Run): Promise<JobFailure> {
  return failureOf(run(given))
}

function modelFile(model: OnnxModel | Uint8Array): Promise<string> {
  return tempFile('model.onnx', model instanceof Uint8Array ? model : onnxModel(model))
}

/** y = x + z, where both have the free size n. */
const ADD: OnnxModel = {
  inputs: [
    { name: 'x', type: 'float32', shape: ['n', 3] },
    { name: 'z', type: 'float32', shape: ['n', 3] },
  ],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
}

const ONE_ROW = { dtype: 'float32', shape: [1, 3], data: [1, 2, 3] }

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
    const [first, second] = [await run({ pool, model, inputs }), await run({ pool, model, inputs })]
    expect(first.output).toMatchObject({ mediaType: 'application/vnd.safetensors', sha256: second.output.sha256 })
    expect(headerText(first)).toMatch(/^\{"b":.*"7":.*"a":/)
    expect(headerText(await run({ pool, model, inputs, outputs: ['a', 'b'] }))).toMatch(/^\{"a":[^7]*"b":[^7]*$/)
    expect(first.metrics).toMatchObject({ load_ms: expect.any(Number), infer_ms: expect.any(Number) })
  })

  it('gives outputs of any size', async () => {
    const pool = await onnxPool()
    const model = await modelFile(identityModel('float32'))
    const count = 100_000
    const data = { base64: Buffer.from(new Float32Array(count).fill(0.25).buffer).toString('base64') }
    const y = (await tensors({ pool, model, inputs: { x: { dtype: 'float32', shape: [count], data } } })).get('y')
    expect(y?.elements).toEqual(new Float32Array(count).fill(0.25))
    const limits = { maxOutputBytes: 100 }
    const tooLarge = { pool, model, inputs: { x: { dtype: 'float32', shape: [count], data } }, options: { limits } }
    expect((await failure(tooLarge)).code).toBe('E_OUTPUT')
  })

  it('tells what does not fit the model, and runs the next job in the same process', async () => {
    const pool = await onnxPool()
    const model = await modelFile(ADD)
    await run({ pool, model, inputs: { x: ONE_ROW, z: ONE_ROW } })
    const pid = pool.status()[0]?.pid
    const wants = 'the model wants float32 of shape [n, 3]'
    const cases: readonly (readonly [Record<string, unknown>, string])[] = [
      [{ x: ONE_ROW }, `input z is missing: ${wants}`],
      [{ x: ONE_ROW, z: ONE_ROW, zz: ONE_ROW }, 'the model has no input zz: did you mean z? it has x, z'],
      [{ x: { ...ONE_ROW, dtype: 'int32' }, z: ONE_ROW }, `input x: ${wants}, the job gives int32 of shape [1, 3]`],
      [
        { x: { ...ONE_ROW, shape: [3] }, z: ONE_ROW },
        `input x: ${wants}, the job gives float32 of shape [3], of 1 dimensions instead of 2`,
      ],
      [
        { x: { ...ONE_ROW, shape: [1, 4] }, z: ONE_ROW },
        `input x: ${wants}, the job gives float32 of shape [1, 4], where dimension 1 must be 3`,
      ],
      [
        { x: ONE_ROW, z: { ...ONE_ROW, shape: [2, 3] } },
        `input z: ${wants}, the job gives float32 of shape [2, 3], where n is 2, but it is 1 in input x`,
      ],
      [{ x: { ...ONE_ROW, data: [1, 2] }, z: ONE_ROW }, 'inputs.x.data: has 2 elements, where shape [1, 3] takes 3'],
      [{ x: { ...ONE_ROW, data: [[1, 2, 'a']] }, z: ONE_ROW }, 'inputs.x.data[0][2]: "a" is no number'],
      [
        { x: { ...ONE_ROW, data: [1, null, 3] }, z: ONE_ROW },
        'inputs.x.data[1]: null is no number, and what is written for a NaN that JSON does not have: write "NaN"',
      ],
    ]
    for (const [inputs, message] of cases) {
      expect(await failure({ pool, model, inputs })).toEqual({ code: 'E_INVALID', message, retryable: false })
    }
    expect((await failure({ pool, model, inputs: { x: ONE_ROW, z: ONE_ROW }, outputs: ['Y2'] })).message).toBe(
      'the model has no output Y2: did you mean y? it has y',
    )
    await run({ pool, model, inputs: { x: ONE_ROW, z: ONE_ROW } })
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('takes names from the prototypes of JavaScript for names', async () => {
    const pool = await onnxPool()
    const model = await modelFile({
      inputs: [{ name: 'constructor', type: 'float32', shape: ['n'] }],
      outputs: [{ name: 'toString', type: 'float32', shape: ['n'] }],
      nodes: [{ op: 'Identity', inputs: ['constructor'], outputs: ['toString'] }],
    })
    const x = { dtype: 'float32', shape: [1], data: [5] }
    const y = (await tensors({ pool, model, inputs: { constructor: x } })).get('toString')
    expect([...(y?.elements ?? [])]).toEqual([5])
    expect((await failure({ pool, model, inputs: {} })).message).toMatch('input constructor is missing')
    const named: unknown = JSON.parse('{"__proto__": {"dtype": "float32", "shape": [1], "data": [5]}}')
    expect((await failure({ pool, model, inputs: Object(named) })).message).toMatch('input constructor is missing')
  })

  it('tells models apart that it cannot load, each by what is wrong with it', async () => {
    const pool = await onnxPool()
    const [x, y] = [
      { name: 'x', type: 'float32', shape: ['n'] },
      { name: 'y', type: 'float32', shape: ['n'] },
    ] as const
    const inputs = [x]
    const outputs = [y]
    const whole = identityModel('float32')
    const plus = {
      inputs,
      outputs,
      nodes: [{ op: 'Add', inputs: ['x', 'c'], outputs: ['y'] }],
      constants: [{ name: 'c', type: 'float32', shape: [1], data: { file: 'model.onnx_data', bytes: 4 } }],
    } as const
    const cases: readonly (readonly [OnnxModel | Uint8Array, string, RegExp])[] = [
      [Buffer.from('GGUF is no ONNX'), 'E_INPUT', /is no ONNX file, or not all of one/],
      [new Uint8Array(), 'E_INPUT', /is no ONNX file, or not all of one/],
      [whole.subarray(0, whole.length - 5), 'E_INPUT', /is no ONNX file, or not all of one/],
      [
        { inputs, outputs, nodes: [{ op: 'Frobnicate', inputs: ['x'], outputs: ['y'] }] },
        'E_UNSUPPORTED',
        /uses operator Frobnicate,/,
      ],
      [
        { inputs, outputs, nodes: [{ op: 'Frob', domain: 'com.acme', inputs: ['x'], outputs: ['y'] }] },
        'E_UNSUPPORTED',
        /uses operator com\.acme:Frob,/,
      ],
      [{ inputs, outputs, nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }], opset: 99 }, 'E_UNSUPPORTED', /Opset 99/],
      [
        { inputs, outputs, nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }], irVersion: 99 },
        'E_UNSUPPORTED',
        /IR version: 99/,
      ],
      [identityModel('bfloat16'), 'E_UNSUPPORTED', /inputs or outputs of bfloat16/],
      [identityModel('float8e5m2'), 'E_UNSUPPORTED', /inputs or outputs of float8e5m2/],
      [identityModel('complex64'), 'E_UNSUPPORTED', /inputs or outputs of complex64/],
      [plus, 'E_INPUT', /lacks data that belongs in a file beside it/],
      [{ inputs, outputs, nodes: [{ op: 'Identity', inputs: ['q'], outputs: ['y'] }] }, 'E_INPUT', /cannot be loaded/],
    ]
    let pid: number | null | undefined
    for (const [content, code, message] of cases) {
      const model = await modelFile(content)
      const found = await failure({ pool, model, inputs: { x: { dtype: 'float32', shape: [1], data: [1] } } })
      expect(found).toMatchObject({ code, message: expect.stringMatching(message) })
      expect(found.message).not.toContain(dirname(model))
      pid ??= pool.status()[0]?.pid
      expect(pool.status()[0]?.pid).toBe(pid)
    }
    const model = await modelFile(plus)
    await writeFile(join(dirname(model), 'model.onnx_data'), new Uint8Array(Float32Array.of(5).buffer))
    const sum = (await tensors({ pool, model, inputs: { x: { dtype: 'float32', shape: [1], data: [1] } } })).get('y')
    expect([...(sum?.elements ?? [])]).toEqual([6])
  })

  it('refuses 4-bit integers, which would end the process, and values that are no tensors', async () => {
    const pool = await onnxPool()
    const x = { dtype: 'float32', shape: [1], data: [1] }
    const model = await modelFile({
      inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
      outputs: [
        { name: 'list', type: 'float32', shape: ['n'], holder: 'sequence' },
        { name: 'maybe', type: 'float32', shape: ['n'], holder: 'optional' },
        { name: 'small', type: 'int4', shape: ['n'] },
        { name: 'y', type: 'float32', shape: ['n'] },
      ],
      nodes: [
        { op: 'SequenceConstruct', inputs: ['x'], outputs: ['list'] },
        { op: 'Optional', inputs: ['x'], outputs: ['maybe'] },
        { op: 'Cast', inputs: ['x'], outputs: ['small'], attributes: { to: onnxTypeNumber('int4') } },
        { op: 'Identity', inputs: ['x'], outputs: ['y'] },
      ],
    })
    for (const name of ['list', 'maybe', 'small']) {
      const found = await failure({ pool, model, inputs: { x }, outputs: [name] })
      expect(found).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringContaining(`output ${name} of the model is`) })
    }
    expect((await tensors({ pool, model, inputs: { x }, outputs: ['y'] })).has('y')).toBe(true)
    const small = await modelFile({
      inputs: [{ name: 'x', type: 'int4', shape: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['n'] }],
      nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 1 } }],
    })
    expect(await failure({ pool, model: small, inputs: { x } })).toMatchObject({
      code: 'E_UNSUPPORTED',
      message: 'input x of the model is int4, which cannot be passed to it here',
    })
    expect((await failure({ pool, model: small, inputs: { x: { ...x, dtype: 'int4' } } })).code).toBe('E_UNSUPPORTED')
    const list = await modelFile({
      inputs: [{ name: 'x', type: 'float32', shape: ['n'], holder: 'sequence' }],
      outputs: [{ name: 'y', type: 'int64', shape: [] }],
      nodes: [{ op: 'SequenceLength', inputs: ['x'], outputs: ['y'] }],
    })
    expect((await failure({ pool, model: list, inputs: { x } })).message).toMatch('input x of the model is a sequence')
  })

  it('tells inputs that the model cannot compute, and an output that no memory holds', async () => {
    const pool = await onnxPool()
    const gather = await modelFile({
      inputs: [
        { name: 'x', type: 'float32', shape: ['n'] },
        { name: 'i', type: 'int64', shape: ['k'] },
      ],
      outputs: [{ name: 'y', type: 'float32', shape: ['k'] }],
      nodes: [{ op: 'Gather', inputs: ['x', 'i'], outputs: ['y'] }],
    })
    const x = { dtype: 'float32', shape: [1], data: [1] }
    const outside = await failure({ pool, model: gather, inputs: { x, i: { dtype: 'int64', shape: [1], data: [7] } } })
    expect(outside).toMatchObject({ code: 'E_INVALID', message: expect.stringMatching(/Gather node.*idx=7 must be within/) })
    const fill = await modelFile({
      inputs: [{ name: 'shape', type: 'int64', shape: ['k'] }],
      outputs: [{ name: 'y', type: 'float32' }],
      nodes: [{ op: 'ConstantOfShape', inputs: ['shape'], outputs: ['y'] }],
    })
    const huge = { dtype: 'int64', shape: [1], data: [2 ** 45] }
    expect((await failure({ pool, model: fill, inputs: { shape: huge } })).code).toBe('E_OOM')
    const small = await tensors({ pool, model: fill, inputs: { shape: { ...huge, data: [2] } } })
    expect([...(small.get('y')?.elements ?? [])]).toEqual([0, 0])
  })

  it('tells of names that are megabytes long in a message that the host can take, and goes on', async () => {
    const pool = await onnxPool()
    const name = 'x'.repeat(2_000_000)
    const long = await modelFile({
      inputs: [{ name, type: 'float32', shape: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['n'] }],
      nodes: [{ op: 'Identity', inputs: [name], outputs: ['y'] }],
    })
    const x = { dtype: 'float32', shape: [1], data: [1] }
    const unknown = await failure({ pool, model: long, inputs: { x } })
    expect(unknown).toMatchObject({ code: 'E_INVALID', message: expect.stringContaining('no input x') })
    expect(unknown.message.length).toBeLessThan(1000)
    const pid = pool.status()[0]?.pid
    const strange = await modelFile({
      inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', shape: ['n'] }],
      nodes: [{ op: name, inputs: ['x'], outputs: ['y'] }],
    })
    expect((await failure({ pool, model: strange, inputs: { x } })).code).toMatch(/E_INPUT|E_UNSUPPORTED/)
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('refuses a model with two outputs of one name, which a safetensors file cannot hold', async () => {
    const pool = await onnxPool()
    const y = { name: 'y', type: 'float32', shape: ['n'] } as const
    const model = await modelFile({
      inputs: [{ name: 'x', type: 'float32', shape: ['n'] }],
      outputs: [y, y],
      nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    })
    expect(await failure({ pool, model, inputs: { x: { dtype: 'float32', shape: [1], data: [1] } } })).toMatchObject({
      code: 'E_INPUT',
      message: expect.stringContaining('two outputs called y'),
    })
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
      await run({ pool, model, inputs: { x } })
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
