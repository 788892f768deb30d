import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { identityModel, onnxTypeNumber } from '../../support/onnx-model-writer.ts'
import type { OnnxModel } from '../../support/onnx-model-writer.ts'
import { ADD, ONE_ROW, failure, modelFile, onnxPool, runOnnx, tensors } from './onnx-fixture.ts'

describe('onnx_infer, given what it cannot run', () => {
  it('tells what does not fit the model, and runs the next job in the same process', async () => {
    const pool = await onnxPool()
    const model = await modelFile(ADD)
    await runOnnx({ pool, model, inputs: { x: ONE_ROW, z: ONE_ROW } })
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
    await runOnnx({ pool, model, inputs: { x: ONE_ROW, z: ONE_ROW } })
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
})
