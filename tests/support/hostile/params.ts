import { job } from './hostile-job.ts'
import type { Document, HostileJob } from './hostile-job.ts'

/** Params of llm_gen that are out of range. */
export function* texts(): Iterable<HostileJob> {
  const refused: readonly Document[] = [
    {},
    { prompt: '' },
    { prompt: 7 },
    { prompt: 'x', messages: [{ role: 'user', content: 'x' }] },
    { messages: [] },
    { messages: [{ role: 'root', content: 'x' }] },
    { messages: Array.from({ length: 1001 }, () => ({ role: 'user', content: 'x' })) },
    { prompt: 'x', max_tokens: -1 },
    { prompt: 'x', max_tokens: 1e9 },
    { prompt: 'x', max_tokens: 1.5 },
    { prompt: 'x', temperature: 'NaN' },
    { prompt: 'x', temperature: 1e308 },
    { prompt: 'x', top_k: 2 ** 40 },
    { prompt: 'x', seed: -1 },
    { prompt: 'x', seed: 2 ** 32 },
    { prompt: 'x', stop: [''] },
    { prompt: 'x', stop: Array.from({ length: 17 }, (_, at) => `s${at}`) },
    { prompt: 'x', stop: 'x' },
    { prompt: 'x', model: '' },
    { prompt: 'x', model: 'm'.repeat(201) },
    { prompt: 'x'.repeat(5_000_000) },
    { prompt: 'x', repeat_penalty: 0 },
    { prompt: 'x', grammar: 'root ::= "a"', json_schema: { type: 'string' } },
  ]
  for (const params of refused)
    yield job('E_INVALID', `llm_gen ${JSON.stringify(params).slice(0, 60)}`, { workload: 'llm_gen', params })
  // A template is what comes with the model; what a message says is a text to it.
  const template = '{{ 7 * 7 }}{% for i in range(10000000000) %}x{% endfor %}'
  yield job('completed', 'a template in a message', {
    workload: 'llm_gen',
    params: { messages: [{ role: 'user', content: template }], max_tokens: 4 },
  })
  yield job('E_DENY', 'a prompt of two megabytes', { workload: 'llm_gen', params: { prompt: 'x '.repeat(1_000_000) } })
  yield job('E_INPUT', 'a model named by a path', { workload: 'llm_gen', params: { prompt: 'x', model: '../../etc/passwd' } })
}

const GRAMMARS = [
  '',
  'root',
  'root ::= root',
  'root ::= root "a"',
  'root ::= a "x"\na ::= b "y"\nb ::= root "z" | "q"',
  'root ::= nowhere',
  'other ::= "a"',
  'root ::= "a',
  'root ::= [a',
  'root ::= ("a"? "a"?){0,500} "b"',
  'root ::= ([a-z]? [a-z]? [a-z]?){0,300} "9"',
  'root ::= (([a-z]{0,12}){0,12}){0,12} "9"',
  'root ::= "a"{5,2}',
  'root ::= "a"{0,999999999}',
  'root ::= "a"{99999999999999999999}',
  'root ::= (((("a"{0,500}){0,500}){0,500}){0,500}',
  `root ::= [^${'\u4e00\u6c34'.repeat(10_000)}]*`,
  `root ::= ${'('.repeat(10_000)}"a"${')'.repeat(10_000)}`,
  `root ::= ${'"a"'.repeat(50_000)}`,
  'root ::= "\\q"',
  'root ::= "\0"',
  'root ::= ""*',
  '\u{1f4a3} ::= "a"',
]

/** Grammars and schemas that are none, lead nowhere, or ask for more than can be computed. */
export function* grammars(): Iterable<HostileJob> {
  for (const grammar of GRAMMARS) {
    yield job('E_INVALID', `grammar ${JSON.stringify(grammar).slice(0, 60)}`, {
      workload: 'llm_gen',
      params: { prompt: 'x', grammar, max_tokens: 4 },
    })
  }
  const schemas: readonly unknown[] = [
    true,
    null,
    [],
    'string',
    {},
    { type: 'nothing' },
    { $ref: '#/$defs/a' },
    { $ref: 'https://127.0.0.1/schema.json' },
    { $ref: 'file:///etc/passwd' },
    { $ref: '#' },
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } },
    { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/b' }, b: { $ref: '#/$defs/a' } } },
    { $ref: '#/$defs/a', $defs: { a: { oneOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] } } },
    { type: 'string', pattern: '^(a+)+$' },
    { type: 'string', pattern: '(?=(a*)*b)' },
    { type: 'string', format: 'regex' },
    { type: 'string', minLength: 5, maxLength: 2 },
    { type: 'string', minLength: 1e9 },
    { type: 'string', maxLength: -1 },
    { type: 'array', minItems: 100_001 },
    { type: 'object', required: ['nowhere'] },
    { type: 'object', required: Array.from({ length: 50_000 }, (_, at) => `k${at}`) },
    { enum: [] },
    { enum: Array.from({ length: 100_000 }, (_, at) => at) },
    { enum: [{}] },
    { oneOf: [] },
    { oneOf: [{ type: 'string' }], allOf: [] },
    branching(8),
    deep(60),
    deep(200),
    { not: { type: 'string' } },
    { if: true },
    { $dynamicRef: '#meta' },
    { patternProperties: { '(a+)+': { type: 'string' } } },
  ]
  for (const schema of schemas) {
    yield job('E_INVALID', `json_schema ${JSON.stringify(schema).slice(0, 60)}`, {
      workload: 'llm_gen',
      params: { prompt: 'x', json_schema: schema, max_tokens: 4 },
    })
  }
}

/** Each level has the one below it twice. */
function branching(depth: number): Document {
  if (depth === 0) return { type: 'bogus' }
  const below = branching(depth - 1)
  return { oneOf: [below, { type: 'object', additionalProperties: below }] }
}

function deep(depth: number): Document {
  return depth === 0 ? { type: 'bogus' } : { type: 'array', items: deep(depth - 1) }
}

/** Tensors of impossible shapes, types and contents. */
export function* tensors(): Iterable<HostileJob> {
  const good = { dtype: 'float32', shape: [1, 4, 16, 16], data: 0 }
  const tensors: readonly unknown[] = [
    { ...good, shape: [0, 4, 16, 16], data: [], dtype: 'int8' },
    { ...good, shape: [2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1], data: [1] },
    { ...good, shape: [65_536, 65_536, 65_536, 65_536], data: { base64: 'AAAA' } },
    { ...good, shape: [-1, 4, 16, 16], data: [] },
    { ...good, shape: [1.5], data: [] },
    { ...good, shape: [2 ** 31], data: [] },
    { ...good, shape: Array.from({ length: 33 }, () => 1), data: [1] },
    { ...good, shape: Array.from({ length: 32 }, () => 1), data: [1] },
    { ...good, shape: {}, data: [] },
    { ...good, dtype: 'float64' },
    { ...good, dtype: 'constructor' },
    { ...good, dtype: 'string', data: [] },
    { ...good, data: { base64: '%%%%' } },
    { ...good, data: { base64: 'A'.repeat(1_000_000) } },
    { ...good, data: { base64: '' } },
    { ...good, data: {} },
    { ...good, data: null },
    { ...good, data: ['NaN'] },
    { ...good, data: [[[[[[[[[[1]]]]]]]]]] },
    { ...good, data: Array.from({ length: 1024 }, () => '1') },
    { ...good, data: Array.from({ length: 1024 }, () => 1e39) },
    { ...good, data: Array.from({ length: 1023 }, () => 1) },
    { ...good, input: 'x' },
    { input: 'nowhere' },
    {},
    7,
  ]
  for (const tensor of tensors) {
    yield job('E_INVALID', `tensor ${JSON.stringify(tensor).slice(0, 60)}`, {
      workload: 'onnx_infer',
      params: { model: 'tiny-sd-decoder', inputs: { latent_sample: tensor } },
    })
  }
  for (const dtype of ['complex128', 'float8e5m2', 'uint4']) {
    yield job('E_UNSUPPORTED', `tensor of ${dtype}`, {
      workload: 'onnx_infer',
      params: { model: 'tiny-sd-decoder', inputs: { latent_sample: { ...good, dtype } } },
    })
  }
  const data = Array.from({ length: 1024 }, () => 0)
  for (const outputs of [[], ['nowhere'], ['sample', 'sample'], ['constructor'], 'sample', ['x'.repeat(1001)]]) {
    yield job('E_INVALID', `outputs ${JSON.stringify(outputs).slice(0, 40)}`, {
      workload: 'onnx_infer',
      params: { model: 'tiny-sd-decoder', inputs: { latent_sample: { ...good, data } }, outputs },
    })
  }
  for (const name of ['constructor', 'toString', '../x', 'x'.repeat(1_000_000)]) {
    yield job('E_INVALID', `input named ${name.slice(0, 20)}`, {
      workload: 'onnx_infer',
      params: { model: 'tiny-sd-decoder', inputs: { [name]: { ...good, data } } },
    })
  }
}

/** Pictures and matrices that are too large, too small, or of no number at all. */
export function* sizes(): Iterable<HostileJob> {
  const pictures: readonly Document[] = [
    { width: 1e9 },
    { width: -8 },
    { width: 7 },
    { width: 8.5 },
    { height: 2 ** 40 },
    { steps: 0 },
    { steps: 1e9 },
    { guidance_scale: -1 },
    { guidance_scale: 1e300 },
    { scheduler: '../../etc/passwd' },
    { scheduler: 'constructor' },
    { prompt: 'x'.repeat(20_000) },
    { negative_prompt: 'x'.repeat(20_000) },
    { seed: 2 ** 40 },
    { seed: -1 },
  ]
  for (const params of pictures) {
    yield job('E_INVALID', `sd_infer ${JSON.stringify(params).slice(0, 40)}`, {
      workload: 'sd_infer',
      params: { prompt: 'x', ...params },
    })
  }
  yield job('E_INPUT', 'sd_infer with a model named by a path', { workload: 'sd_infer', params: { prompt: 'x', model: '../..' } })
  const benches: readonly Document[] = [
    { size: 0 },
    { size: -1 },
    { size: 4097 },
    { size: 1e9 },
    { size: '64' },
    { size: {} },
    { size: 0.5 },
    { iterations: 0 },
    { iterations: 1e12 },
    { dtype: 'int3' },
    { dtype: '__proto__' },
    { seed: -1 },
  ]
  for (const params of benches)
    yield job('E_INVALID', `torch_bench ${JSON.stringify(params)}`, { workload: 'torch_bench', params })
  yield job('E_UNSUPPORTED', 'torch_bench of float64', { workload: 'torch_bench', params: { dtype: 'float64' } })
}
