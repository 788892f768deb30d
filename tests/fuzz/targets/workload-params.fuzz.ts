import fc from 'fast-check'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { ParamsSchema } from '../../../src/protocol/job.ts'
import { grammarProblem } from '../../../src/workloads/llm-gen/gbnf/grammar-problem.ts'
import { jsonSchema } from '../../../src/workloads/llm-gen/json-schema.ts'
import { WORKLOADS } from '../../../src/workloads/workload-table.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedJson } from '../mutations/json-edits.ts'
import { damagedText } from '../mutations/text-edits.ts'

const MAX_MESSAGE = 16_000

const JSON_SCHEMAS = [
  {
    type: 'object',
    properties: { a: { type: 'string' }, b: { type: 'array', items: { $ref: '#/$defs/c' } } },
    required: ['a'],
    $defs: { c: { enum: [1, null] } },
  },
  { oneOf: [{ const: 'x' }, { type: 'integer' }, { type: ['null', 'boolean'] }] },
  { type: 'array', prefixItems: [{ type: 'string', format: 'date' }], minItems: 1, maxItems: 3 },
]

const PARAMS: readonly (readonly [string, object])[] = [
  ['llm_gen', { prompt: 'a', max_tokens: 8, temperature: 0.5, stop: ['x'], json_schema: JSON_SCHEMAS[0] }],
  ['llm_gen', { messages: [{ role: 'user', content: 'a' }], model: 'tiny-llm', grammar: 'root ::= "a"' }],
  ['sd_infer', { prompt: 'a', width: 64, height: 64, steps: 2, seed: 1 }],
  ['torch_bench', { size: 64, steps: 2 }],
  ['onnx_infer', { model: 'm', inputs: { x: { dtype: 'float32', shape: [2], data: [1, 'NaN'] } } }],
  [
    'onnx_infer',
    {
      model: { uri: 'https://h/m.onnx', sha256: 'a'.repeat(64) },
      inputs: { x: { dtype: 'int64', shape: [1], base64: 'AAAAAAAAAAA=' } },
    },
  ],
]

interface Params {
  readonly workload: string
  readonly json: string
}

/** Params of a job that the protocol lets through are read by its workload, or refused with a code. */
export const workloadParams = fuzzTarget<Params>({
  name: 'workload-params',
  runsInTests: 400,
  input: () =>
    fc.oneof(
      ...PARAMS.map(([workload, params]) => damagedJson(fc.constant(params), 5).map((json): Params => ({ workload, json }))),
    ),
  open: () => ({
    holds: ({ workload, json }) => {
      const params = ParamsSchema.safeParse(JSON.parse(json))
      if (!params.success) return
      try {
        const run = WORKLOADS.get(workload)?.read(params.data)
        if (run !== undefined && !(run.promptBytes >= 0 && run.imagePixels >= 0))
          throw new Error(`asks for ${JSON.stringify(run)}`)
      } catch (error) {
        if (!(error instanceof JobFailureError) || !['E_INVALID', 'E_UNSUPPORTED'].includes(error.failure.code)) throw error
        if (error.message.length > MAX_MESSAGE)
          throw new Error(`a message of ${error.message.length} characters`, { cause: error })
      }
    },
  }),
})

/** A JSON Schema of a job is taken or refused in bounded time, however it is nested. */
export const jsonSchemas = fuzzTarget<string>({
  name: 'json-schema',
  input: () => damagedJson(fc.constantFrom(...JSON_SCHEMAS), 8),
  open: () => ({
    holds: (json) => {
      const parsed = jsonSchema.safeParse(JSON.parse(json))
      const messages = parsed.success ? [] : parsed.error.issues.map(({ message }) => message)
      if (messages.join().length > MAX_MESSAGE) throw new Error(`messages of ${messages.join().length} characters`)
    },
  }),
})

const GRAMMARS = [
  'root ::= "yes" | "no"',
  'root ::= item+\nitem ::= "- " [^\\n]{1,80} "\\n" # a line\n',
  'root ::= (a | b)* c?\na ::= "a" a | ""\nb ::= <[12]> !<[3]> .\nc ::= root?',
]

/** A grammar of a job is taken or refused in bounded time and few words. */
export const gbnf = fuzzTarget<string>({
  name: 'gbnf',
  input: () =>
    damagedText(fc.constantFrom(...GRAMMARS), {
      words: [
        '::=',
        '|',
        '(',
        ')',
        '"',
        '[',
        ']',
        '{',
        '}',
        '{2,}',
        '{0,2000}',
        '{99999999999999999999}',
        '*',
        '+',
        '?',
        '\\',
        '#',
        '<[',
        ']>',
        '!',
        '.',
        '\nroot ::= ',
        ' root ',
        '\n',
        '\t',
      ],
      maxEdits: 10,
      maxTimes: 4_000,
    }),
  open: () => ({
    holds: (grammar) => {
      const problem = grammarProblem(grammar)
      if (problem !== null && problem.length > MAX_MESSAGE) throw new Error(`a problem of ${problem.length} characters`)
    },
  }),
})
