import { JobFailureError } from '../domain/failure-codes.ts'

/** Where an output may lie, and how large it may be. */
export interface OutputRules {
  readonly workDir: string
  readonly maxOutputBytes: number
}

/** Throws `E_OUTPUT` for too many bytes. */
export function checkOutputSize(sizeBytes: number, { maxOutputBytes }: Pick<OutputRules, 'maxOutputBytes'>): void {
  if (sizeBytes > maxOutputBytes) {
    throw new JobFailureError('E_OUTPUT', `the output has ${sizeBytes} bytes, more than the limit of ${maxOutputBytes}`)
  }
}
