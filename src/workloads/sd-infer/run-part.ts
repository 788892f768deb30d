import type { InferenceSession, OnnxValue } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'

type Values = Readonly<Record<string, OnnxValue>>

/**
 * Runs one network of the model; with `outputs`, into these tensors. Rejects with `E_OOM` for want of memory, else with `E_ENGINE` and
 * what ONNX Runtime says.
 */
export async function runPart(
  part: string,
  session: InferenceSession,
  inputs: Values,
  outputs?: Values,
): Promise<InferenceSession.ReturnType> {
  try {
    return await (outputs === undefined ? session.run(inputs) : session.run(inputs, outputs))
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw memoryFailure(part, cause) ?? new JobFailureError('E_ENGINE', `${part} of the model failed: ${reason}`, { cause })
  }
}

/** The failure of a job for which memory did not suffice; null for any other error. ONNX Runtime tells it in words alone. */
export function memoryFailure(part: string, error: unknown): JobFailureError | null {
  if (!/bad_alloc|bad allocation|failed to allocate|out of memory/i.test(String(error))) return null
  return new JobFailureError('E_OOM', `${part} of the model needs more memory than there is here: draw a smaller picture`, {
    cause: error,
  })
}
