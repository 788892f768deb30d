import type { InferenceSession } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { ModelFile } from '../../engine/child/run-context.ts'
import { isOutOfMemory, onnxReason } from './onnx-reason.ts'

/** Element types of ONNX by the numbers that the binding names them by when it does not know them. */
const FOREIGN_TYPES: Readonly<Record<string, string>> = {
  14: 'complex64',
  15: 'complex128',
  16: 'bfloat16',
  17: 'float8e4m3fn',
  18: 'float8e4m3fnuz',
  19: 'float8e5m2',
  20: 'float8e5m2fnuz',
  23: 'float4e2m1',
}

/**
 * The session of a model, warm from an earlier job or made now. Rejects with `E_INPUT` for a file that is no ONNX model or not all
 * of one, with `E_UNSUPPORTED` for one that asks for more than this ONNX Runtime has, with `E_OOM` for want of memory.
 */
export async function loadModel(engine: OnnxEngine, model: ModelFile): Promise<InferenceSession> {
  if (model.format !== 'onnx') {
    throw new JobFailureError('E_INPUT', `model ${model.name} is ${model.format}: onnx_infer needs one ONNX file`)
  }
  try {
    return await engine.fileSession(model, model.path)
  } catch (error) {
    throw loadFailure(model.name, onnxReason(error, model.path), error)
  }
}

/** Why a model cannot be loaded. ONNX Runtime's binding tells it in words alone, without a code. */
export function loadFailure(name: string, reason: string, cause: unknown): JobFailureError {
  const fail = (code: 'E_INPUT' | 'E_UNSUPPORTED' | 'E_OOM', text: string): JobFailureError =>
    new JobFailureError(code, `model ${name} ${text}`, { cause })
  if (isOutOfMemory(reason)) return fail('E_OOM', 'needs more memory than there is here')
  const operator = operatorOf(reason)
  if (operator !== null) {
    return fail('E_UNSUPPORTED', `uses operator ${operator}, which this ONNX Runtime does not have: ${reason}`)
  }
  if (/opset \d+ is under development|unsupported model IR version/i.test(reason)) {
    return fail('E_UNSUPPORTED', `is newer than this ONNX Runtime, export it for an older opset: ${reason}`)
  }
  const type = foreignType(reason)
  if (type !== null)
    return fail('E_UNSUPPORTED', `has inputs or outputs of ${type}, which ONNX Runtime for Node.js does not take: cast them`)
  if (/protobuf parsing failed|model data pointer is null|does not have a graph/i.test(reason)) {
    return fail('E_INPUT', `is no ONNX file, or not all of one: ${reason}`)
  }
  if (/external (data|initializer)/i.test(reason)) {
    return fail('E_INPUT', `lacks data that belongs in a file beside it: ${reason}`)
  }
  return fail('E_INPUT', `cannot be loaded by ONNX Runtime: ${reason}`)
}

/** The operator that a reason speaks of as unknown, with its domain unless that is ONNX's own. */
function operatorOf(reason: string): string | null {
  const unknown =
    /No Op registered for (\S+)/.exec(reason) ??
    /Fatal error: (\S+?)\(-?\d+\) is not a registered function\/op/.exec(reason) ??
    /Could not find an implementation for (\S+?)\(/.exec(reason)
  return unknown?.[1]?.replace(/^(ai\.onnx)?:/, '') ?? null
}

function foreignType(reason: string): string | null {
  const number = /Unsupported data type: (\d+)/.exec(reason)?.[1]
  if (number !== undefined) return FOREIGN_TYPES[number] ?? `type ${number}`
  return /MLDataType for: tensor\((\w+)\) is not currently registered/.exec(reason)?.[1] ?? null
}
