import type { Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { InputFile } from '../../engine/child/run-context.ts'
import type { TensorBytes } from '../tensor-files/element-types.ts'
import type { InputCheck } from './check-inputs.ts'
import { fileTensor } from './input-file.ts'
import { didYouMean, shapeText } from './ports.ts'
import type { Port } from './ports.ts'
import { unsupportedDtype } from './schema.ts'
import type { InputParams } from './schema.ts'
import { elementsOver, isElementType } from './tensor-elements.ts'
import type { NumericElements } from './tensor-elements.ts'
import { writtenElements } from './written-tensor.ts'

/** An input of the model and what the job gives for it. */
export interface GivenInput {
  readonly engine: OnnxEngine
  /** The files of the job. */
  readonly files: readonly InputFile[]
  readonly port: Port
  readonly params: InputParams
  readonly check: InputCheck
}

/** The tensor for one input, held against the model. Rejects with `E_INVALID`, `E_INPUT` or `E_UNSUPPORTED` naming the input. */
export async function jobTensor(given: GivenInput): Promise<Tensor> {
  const { engine, port, params, check } = given
  if (!isElementType(port.type) && port.type !== 'string') {
    throw new JobFailureError(
      'E_UNSUPPORTED',
      `input ${port.name} of the model is ${port.type}, which cannot be passed to it here`,
    )
  }
  const { data, dtype, shape } = params
  if (data === undefined || dtype === undefined || shape === undefined) return tensorOfFile(given)
  const unsupported = unsupportedDtype(port.name, dtype)
  if (unsupported !== null) throw new JobFailureError('E_UNSUPPORTED', unsupported)
  check.check(port, dtype, shape)
  const elements = writtenElements({ name: port.name, type: port.type, shape, data })
  return engine.tensor(port.type, Array.isArray(elements) ? elements : passable(elements), shape)
}

async function tensorOfFile({ engine, files, port, params, check }: GivenInput): Promise<Tensor> {
  const { input, tensor: tensorName, dtype, shape } = params
  const file = files.find(({ name }) => name === input)
  if (file === undefined) {
    const names = files.map(({ name }) => name)
    throw new JobFailureError(
      'E_INVALID',
      `input ${port.name}: the job has no input file ${input}: ${didYouMean(String(input), names)}`,
    )
  }
  const tensor = await fileTensor(file, tensorName, port.name)
  checkSaid(port.name, file.name, tensor, { dtype, shape })
  check.check(port, tensor.type, tensor.shape)
  return engine.tensor(tensor.type, passable(elementsOver(tensor.type, tensor.bytes.buffer)), tensor.shape)
}

/** Throws `E_INVALID` when the params say something else of a tensor than its file. */
function checkSaid(
  input: string,
  file: string,
  tensor: TensorBytes,
  said: { readonly dtype: string | undefined; readonly shape: readonly number[] | undefined },
): void {
  const { dtype = tensor.type, shape = tensor.shape } = said
  if (dtype === tensor.type && shapeText(shape) === shapeText(tensor.shape)) return
  throw new JobFailureError(
    'E_INVALID',
    `input ${input}: the job says ${dtype} of shape ${shapeText(shape)}, input file ${file} has ${tensor.type} of shape ${shapeText(tensor.shape)}`,
  )
}

/** The library's types know half-precision numbers by their bits alone. */
function passable(elements: NumericElements): Exclude<NumericElements, Float16Array> {
  return elements instanceof Float16Array ? new Uint16Array(elements.buffer) : elements
}
