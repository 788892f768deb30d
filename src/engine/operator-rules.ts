import { JobFailureError } from '../domain/failure-codes.ts'
import type { CheckedRun } from '../workloads/workload-table.ts'

/** What the operator lets a job ask for, beside the limits that are also the coordinator's. */
export interface OperatorRules {
  readonly maxPromptBytes: number
  readonly maxImagePixels: number
  /** Of all inputs together. */
  readonly maxInputBytes: number
}

/** Throws `E_DENY` for a job that asks for more than this operator allows. */
export function checkOperatorRules({ promptBytes, imagePixels }: CheckedRun, rules: OperatorRules): void {
  if (promptBytes > rules.maxPromptBytes) {
    throw new JobFailureError(
      'E_DENY',
      `the prompt has ${promptBytes} bytes, and this miner takes at most ${rules.maxPromptBytes}`,
    )
  }
  if (imagePixels > rules.maxImagePixels) {
    throw new JobFailureError(
      'E_DENY',
      `the image has ${imagePixels} pixels, and this miner draws at most ${rules.maxImagePixels}`,
    )
  }
}
