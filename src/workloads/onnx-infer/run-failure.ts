import { JobFailureError } from '../../domain/failure-codes.ts'
import { isOutOfMemory, onnxReason } from './onnx-reason.ts'

/** Of a device rather than of what it was given. */
const DEVICE = /\b(CUDA|CUDNN|CUBLAS|WebGPU|Dawn|device lost)\b/i

/** What the model's nodes or ONNX Runtime itself say of inputs that do not go together. */
const OF_INPUTS =
  /status code returned while running|invalid dimensions for input|invalid rank for input|unexpected input data type/i

/** Why a run failed. ONNX Runtime's binding tells it in words alone, without a code. */
export function runFailure(error: unknown): JobFailureError {
  const reason = onnxReason(error)
  const fail = (code: 'E_OOM' | 'E_INVALID' | 'E_ENGINE', text: string): JobFailureError =>
    new JobFailureError(code, `${text}: ${reason}`, { cause: error })
  if (isOutOfMemory(reason)) return fail('E_OOM', 'the model needs more memory than there is here for these inputs')
  if (!DEVICE.test(reason) && OF_INPUTS.test(reason)) {
    return fail('E_INVALID', `the model cannot compute these inputs, see what it expects of their shapes and values`)
  }
  return fail('E_ENGINE', 'ONNX Runtime failed')
}
