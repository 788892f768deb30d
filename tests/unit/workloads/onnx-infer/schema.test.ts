import { describe, expect, it } from 'vitest'
import { onnxInferParams, unsupportedOnnxInfer } from '../../../../src/workloads/onnx-infer/schema.ts'

const X = { dtype: 'float32', shape: [1], data: [1] }

function problems(params: unknown): string[] {
  const result = onnxInferParams.safeParse(params)
  return result.success ? [] : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('the params of onnx_infer', () => {
  it.each([
    {},
    { model: 'a-model', inputs: { x: X } },
    { model: { uri: 'https://example.net/m.onnx', sha256: 'ab'.repeat(32) }, inputs: { x: X }, outputs: ['y'] },
    { inputs: { x: { ...X, shape: [], data: 5 }, y: { ...X, data: { base64: 'AAAAAA==' } }, z: { input: 'file', tensor: 'z' } } },
    { inputs: { 'an input with: any/name': X }, unknown: true },
  ])('may be %j', (params) => {
    expect(problems(params)).toEqual([])
  })

  it.each([
    [{ model: { uri: 'x' } }, 'model: must be the name of a model, or {"uri", "sha256"}'],
    [{ model: { uri: 'x', sha256: 'AB'.repeat(32) } }, 'model.sha256: must be 64 lower-case hex digits'],
    [{ inputs: { x: {} } }, 'inputs.x: give exactly one of data and input'],
    [{ inputs: { x: { ...X, input: 'file' } } }, 'inputs.x: give exactly one of data and input'],
    [{ inputs: { x: { data: [1] } } }, 'inputs.x: data needs a dtype and a shape'],
    [{ inputs: { x: { ...X, tensor: 'x' } } }, 'inputs.x: tensor names one in a file: it goes with input'],
    [{ inputs: { x: { ...X, data: null } } }, 'inputs.x.data: must be an array of elements, or {"base64": …}'],
    [{ inputs: { x: { ...X, data: { base64: 'AA==', more: 1 } } } }, 'inputs.x.data: Unrecognized key: "more"'],
    [{ outputs: ['y', 'y'] }, 'outputs: names an output twice'],
  ])('may not be %j', (params, problem) => {
    expect(problems(params)).toContain(problem)
  })

  it('tell a dtype that there is not, and bound names and sizes', () => {
    expect(problems({ inputs: { x: { ...X, dtype: 'float31' } } })[0]).toMatch(
      'inputs.x.dtype: is no dtype: float31; there are float32',
    )
    expect(problems({ inputs: { x: { ...X, dtype: 'constructor' } } })[0]).toMatch('is no dtype: constructor')
    expect(problems({ inputs: { x: { ...X, shape: [-1] } } })).toHaveLength(1)
    expect(problems({ inputs: { x: { ...X, shape: [0.5] } } })).toHaveLength(1)
    expect(problems({ inputs: { x: { ...X, shape: Array.from({ length: 33 }, () => 1) } } })).toHaveLength(1)
    expect(problems({ inputs: { ['x'.repeat(1001)]: X } })).toHaveLength(1)
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`x${i}`, X]))
    expect(problems({ inputs: many })).toEqual(['inputs: has more than 1000 inputs'])
  })

  it('leave data as they are, without a copy', () => {
    const data = [1, 2, 3]
    expect(onnxInferParams.parse({ inputs: { x: { ...X, data } } }).inputs['x']?.data).toBe(data)
  })

  it('drop names that would change objects', () => {
    const params: unknown = JSON.parse('{"inputs": {"__proto__": {"dtype": "float32", "shape": [1], "data": [1]}}}')
    const { inputs } = onnxInferParams.parse(params)
    expect(Object.keys(inputs)).toEqual([])
    expect(Object.getPrototypeOf(inputs)).toBe(Object.prototype)
  })

  it.each(['bfloat16', 'int4', 'complex64', 'float8e4m3fn'])('are valid but not for this miner with %s', (dtype) => {
    const params = onnxInferParams.parse({ inputs: { a: X, b: { ...X, dtype } } })
    expect(unsupportedOnnxInfer(params)).toMatch(`input b is ${dtype}, which ONNX Runtime for Node.js does not take`)
    expect(unsupportedOnnxInfer(onnxInferParams.parse({ inputs: { a: X } }))).toBeNull()
  })
})
