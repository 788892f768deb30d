import type { Job } from '../domain/job.ts'

/** A model file whose hash has been checked. */
export interface ResolvedModel {
  readonly name: string
  readonly path: string
  /** Lower-case hex. */
  readonly sha256: string
  /** Null for models without a context. */
  readonly contextTokens: number | null
}

/** Finds the model that a job asks for. */
export interface ModelSource {
  /** `wanted` is the name in the params, which the job's own model goes before. Rejects with `E_INPUT` when it cannot be had. */
  resolve(job: Job, wanted: string | null): Promise<ResolvedModel>
}
