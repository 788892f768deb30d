import type { InputRef, ModelRef } from './job.ts'

/** What is loaded: a GGUF language model, a folder of diffusion parts, or one ONNX graph. */
export type ModelFormat = 'gguf' | 'diffusers' | 'onnx'

/**
 * A model as it lies on this machine, every file of it fetched and its hash checked.
 *
 * `sha256` of a model of one file is that file's. Of a model of several files (split GGUF, ONNX with external data, a diffusion
 * folder) it is the sha256 of their listing: one line `<sha256>  <path>\n` for each, sorted by path byte by byte. In the
 * model's folder, `find . -type f -printf '%P\n' | LC_ALL=C sort | xargs sha256sum | sha256sum` prints it.
 */
export interface ModelFiles {
  readonly name: string
  /** Lower-case hex. */
  readonly sha256: string
  readonly format: ModelFormat
  /**
   * What to load: the GGUF file (of a split one, its first part), the ONNX graph, or the folder with `model_index.json`.
   * Further files lie beside it under the names by which it refers to them.
   */
  readonly path: string
  /** Of all files together. */
  readonly bytes: number
  /** Null for models without a context, and where only the file knows it. */
  readonly contextTokens: number | null
  /** Memory that it takes when loaded, in MiB, as its catalogue entry says; null when nobody said. */
  readonly memoryMb: number | null
}

/** A model in use: it stays on the disk until it is given back. */
export interface HeldModel extends ModelFiles {
  /** Gives it back; a second call does nothing. */
  release(): void
}

export interface ModelRequest {
  readonly workload: string
  /** The job's own reference; goes before `wanted`. */
  readonly model: ModelRef | null
  /** The name in the job's params; null for none. */
  readonly wanted: string | null
  /** Told while the model is fetched; `totalBytes` is null while nobody knows. */
  readonly onProgress: (receivedBytes: number, totalBytes: number | null) => void
}

/** Finds models, and fetches those that are not here yet. */
export interface ModelSource {
  /**
   * Rejects with a `JobFailureError`: `E_INPUT` when it cannot be had or a hash differs, `E_DENY` when its source is not
   * allowed here; with the signal's reason when aborted. Several requests for one model share one download.
   */
  acquire(request: ModelRequest, signal: AbortSignal): Promise<HeldModel>
  /** Models that are here, for the capabilities. */
  list(): readonly ListedModel[]
}

export interface ListedModel {
  readonly name: string
  readonly sha256: string
  readonly workload: string
}

/** An input file of a job, fetched and checked. */
export interface FetchedInput {
  readonly name: string
  readonly path: string
  readonly bytes: number
  /** Lower-case hex, taken from the bytes. */
  readonly sha256: string
  readonly mediaType: string | null
}

/** Fetches the inputs that a job names by URI. */
export interface InputSource {
  /**
   * Fetches all inputs into the folder, under names of its own choosing. Rejects with a `JobFailureError`: `E_INPUT` when one
   * cannot be had, its hash or size differs or all together exceed `maxBytes`, `E_DENY` when a source is not allowed here.
   */
  fetchAll(inputs: readonly InputRef[], folder: string, maxBytes: number, signal: AbortSignal): Promise<readonly FetchedInput[]>
}
