import { z } from 'zod'

/** Element types of ONNX, by the names of NumPy, and whether ONNX Runtime's Node.js binding can pass them in and out. */
const DTYPES = {
  float32: true,
  float64: true,
  float16: true,
  int8: true,
  int16: true,
  int32: true,
  int64: true,
  uint8: true,
  uint16: true,
  uint32: true,
  uint64: true,
  bool: true,
  string: true,
  bfloat16: false,
  complex64: false,
  complex128: false,
  float8e4m3fn: false,
  float8e4m3fnuz: false,
  float8e5m2: false,
  float8e5m2fnuz: false,
  int4: false,
  uint4: false,
  float4e2m1: false,
} as const satisfies Record<string, boolean>

/** The element types that inputs can have. */
export const INPUT_DTYPES: readonly string[] = Object.entries(DTYPES).flatMap(([name, isTaken]) => (isTaken ? [name] : []))

const MAX_NAME = 1000
const MAX_TENSORS = 1000
const MAX_DIMENSIONS = 32

const name = z.string().min(1).max(MAX_NAME)

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, { error: 'must be 64 lower-case hex digits' })

const dtype = z.string().refine((given) => Object.hasOwn(DTYPES, given), {
  error: ({ input }) => `is no dtype: ${String(input).slice(0, 40)}; there are ${INPUT_DTYPES.join(', ')}`,
})

const shape = z.array(z.int().min(0).max(0x7fff_ffff)).max(MAX_DIMENSIONS)

/** Looked into where the tensor is made: a check of each number by schema would cost more than most models. */
const numbers = z.custom<readonly unknown[]>((given) => Array.isArray(given), { error: 'must be an array of elements' })

const data = z.union([numbers, z.number(), z.boolean(), z.string(), z.strictObject({ base64: z.string() })], {
  error: 'must be an array of elements, or {"base64": …}',
})

const tensor = z
  .object({
    dtype: dtype.optional(),
    shape: shape.optional(),
    data: data.optional(),
    input: name.optional(),
    tensor: name.optional(),
  })
  .refine((given) => (given.data === undefined) !== (given.input === undefined), { error: 'give exactly one of data and input' })
  .refine((given) => given.data === undefined || (given.dtype !== undefined && given.shape !== undefined), {
    error: 'data needs a dtype and a shape',
  })
  .refine((given) => given.tensor === undefined || given.input !== undefined, {
    error: 'tensor names one in a file: it goes with input',
  })

/**
 * Params of `onnx_infer` (coordinator API v1, section 6). Unknown ones are ignored.
 *
 * An input is either written out or taken from one of the job's own `inputs`:
 *
 * - `{"dtype", "shape", "data"}`: `data` is an array of elements, flat or nested as the shape says, or one element for a single value.
 *   Numbers are JSON numbers; for floats also the texts `"NaN"`, `"Infinity"` and `"-Infinity"`; for 64-bit integers also decimal
 *   texts, since JSON numbers are exact up to 2^53 only. Truth values are `true`, `false`, 1 or 0. Or `data` is `{"base64": …}`, the
 *   elements' bytes, little-endian, the last dimension running fastest.
 * - `{"input": "name"}`: an npy file, or a safetensors file, of which `tensor` names the tensor (absent: the one called as the input
 *   is, or the only one). `dtype` and `shape` are then the file's; given ones must agree.
 *
 * The output is a safetensors file whose header names the tensors in the order of `outputs`, else in the model's. Types that the
 * format does not have (string) are refused.
 */
export const onnxInferParams = z.object({
  /** An address with the sha256 of what is there, or the name of a model; the job's own `model` goes before it. */
  model: z
    .union([name, z.object({ uri: z.string().min(1).max(4096), sha256 })], {
      error: 'must be the name of a model, or {"uri", "sha256"}',
    })
    .optional(),
  inputs: z
    .record(name, tensor)
    .refine((given) => Object.keys(given).length <= MAX_TENSORS, { error: `has more than ${MAX_TENSORS} inputs` })
    .default({}),
  /** Names of the outputs to compute; absent: all. */
  outputs: z
    .array(name)
    .min(1)
    .max(MAX_TENSORS)
    .refine((given) => new Set(given).size === given.length, { error: 'names an output twice' })
    .optional(),
})

export type OnnxInferParams = z.infer<typeof onnxInferParams>

/** One input as the params give it. */
export type InputParams = OnnxInferParams['inputs'][string]

/** Why this miner cannot do what the params ask for, though they are valid; null if it can. */
export function unsupportedOnnxInfer({ inputs }: OnnxInferParams): string | null {
  for (const [name, { dtype }] of Object.entries(inputs)) {
    const reason = dtype === undefined ? null : unsupportedDtype(name, dtype)
    if (reason !== null) return reason
  }
  return null
}

/** Why an input of this type cannot be passed to a model; null if it can. */
export function unsupportedDtype(name: string, dtype: string): string | null {
  if (INPUT_DTYPES.includes(dtype)) return null
  return `input ${name} is ${dtype}, which ONNX Runtime for Node.js does not take: it takes ${INPUT_DTYPES.join(', ')}`
}
