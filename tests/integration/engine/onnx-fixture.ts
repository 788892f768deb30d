import type { RunResult } from '../../../src/domain/engine.ts'
import type { JobFailure } from '../../../src/domain/failure-codes.ts'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { INPUTS_BY_PATH, MODELS_BY_PATH, outputTensors, tempFile, withInputs } from '../../fixtures/onnx/onnx-jobs.ts'
import type { OutputTensor } from '../../fixtures/onnx/onnx-jobs.ts'
import { onnxModel } from '../../support/onnx-model-writer.ts'
import type { OnnxModel } from '../../support/onnx-model-writer.ts'
import { enginePool, failureOf, runRequest } from './engine-fixture.ts'
import type { PoolOptions, RequestOptions } from './engine-fixture.ts'

/** A pool whose models and input files are named by their paths. */
export function onnxPool(options: PoolOptions = {}): Promise<EnginePool> {
  return enginePool({ models: MODELS_BY_PATH, inputs: INPUTS_BY_PATH, ...options })
}

/** An `onnx_infer` job; `files` are its input files, by name. */
export interface Run {
  readonly pool: EnginePool
  readonly model: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs?: readonly string[]
  readonly files?: Readonly<Record<string, string>>
  readonly options?: RequestOptions
}

export async function runOnnx({ pool, files = {}, options, ...params }: Run): Promise<RunResult> {
  return pool.run(withInputs(await runRequest('onnx_infer', params, options), files))
}

export async function tensors(given: Run): Promise<ReadonlyMap<string, OutputTensor>> {
  return outputTensors(await runOnnx(given))
}

export async function failure(given: Run): Promise<JobFailure> {
  return failureOf(runOnnx(given))
}

export function modelFile(model: OnnxModel | Uint8Array): Promise<string> {
  return tempFile('model.onnx', model instanceof Uint8Array ? model : onnxModel(model))
}

/** y = x + z, where both have the free size n. */
export const ADD: OnnxModel = {
  inputs: [
    { name: 'x', type: 'float32', shape: ['n', 3] },
    { name: 'z', type: 'float32', shape: ['n', 3] },
  ],
  outputs: [{ name: 'y', type: 'float32', shape: ['n', 3] }],
  nodes: [{ op: 'Add', inputs: ['x', 'z'], outputs: ['y'] }],
}

/** An input of `ADD`. */
export const ONE_ROW = { dtype: 'float32', shape: [1, 3], data: [1, 2, 3] }
