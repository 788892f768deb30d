import type { JobProgress } from '../../domain/engine.ts'

/** A model as the host found it; the hashes of its files have been checked. `domain/models.ts` tells what path and hash are of. */
export interface ModelFile {
  readonly name: string
  readonly path: string
  readonly sha256: string
  readonly format: 'gguf' | 'diffusers' | 'onnx'
  readonly bytes: number
  /** Tokens; null for models without a context. */
  readonly contextTokens: number | null
}

/** An input file of the job, fetched and checked by the host. */
export interface InputFile {
  readonly name: string
  readonly path: string
  readonly mediaType: string | null
}

/** What a workload's `run` gets. `H` is the handle of its engine. */
export interface RunContext<H> {
  /** As checked by the host; `run` parses them again to have them typed. */
  readonly params: unknown
  readonly model: ModelFile | null
  readonly inputs: readonly InputFile[]
  /** An empty folder of the job's own. */
  readonly workDir: string
  /** Aborted when the job is canceled: `run` then rejects with the signal's reason, within a step. */
  readonly signal: AbortSignal
  readonly engine: H
  progress(progress: JobProgress): void
}

/** What a run gives back: the whole output, and facts about how it came to be. */
export interface WorkloadResult {
  readonly mode: 'gpu' | 'cpu'
  readonly mediaType: string
  readonly output: Uint8Array
  /** By their wire names. */
  readonly metrics: Readonly<Record<string, number>>
  /** Settings of this run that change results, beside what the engine says of itself. */
  readonly environment: Readonly<Record<string, string | number | boolean>>
}

/** A workload as the child runs it. Rejects with a `JobFailureError`; any other error becomes `E_ENGINE`. */
export type WorkloadRun<H> = (context: RunContext<H>) => Promise<WorkloadResult>
