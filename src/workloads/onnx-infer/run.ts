import type { InferenceSession, OnnxValue, Tensor } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { RunContext, WorkloadResult } from '../../engine/child/run-context.ts'
import { writeSafetensors } from '../tensor-files/write-safetensors.ts'
import type { NamedTensor } from '../tensor-files/write-safetensors.ts'
import { InputCheck, checkInputNames } from './check-inputs.ts'
import { jobTensor } from './job-tensor.ts'
import { loadModel } from './load-model.ts'
import { inputPorts, outputPorts } from './ports.ts'
import type { Port } from './ports.ts'
import { runFailure } from './run-failure.ts'
import { onnxInferParams } from './schema.ts'
import type { OnnxInferParams } from './schema.ts'
import { isElementType } from './tensor-elements.ts'

/**
 * Runs an ONNX model once. Cancel takes effect before and after the computation, not in it: ONNX Runtime's binding computes in the
 * calling thread, and its run options have nothing to stop it by, so the host ends the child after its grace.
 */
export async function runOnnxInfer(context: RunContext<OnnxEngine>): Promise<WorkloadResult> {
  const { engine, model, signal } = context
  const params = onnxInferParams.parse(context.params)
  if (model === null) throw new JobFailureError('E_INPUT', 'onnx_infer needs a model: name one, or give its uri and sha256')

  const loadStartMs = performance.now()
  const session = await loadModel(engine, model)
  const loadMs = performance.now() - loadStartMs

  const outputs = outputPorts(session, params.outputs)
  for (const port of outputs) checkOutputType(port, port.type)
  const feeds = await inputTensors(context, params, inputPorts(session))

  signal.throwIfAborted()
  const inferStartMs = performance.now()
  const results = await compute(session, feeds, outputs)
  const inferMs = performance.now() - inferStartMs
  signal.throwIfAborted()

  return {
    mode: engine.mode,
    mediaType: 'application/vnd.safetensors',
    output: writeSafetensors(await Promise.all(outputs.map((port) => outputTensor(port, results[port.name])))),
    metrics: { load_ms: loadMs, infer_ms: inferMs },
    environment: {},
  }
}

type Values = Readonly<Record<string, OnnxValue>>

async function inputTensors(
  { engine, inputs: files }: RunContext<OnnxEngine>,
  { inputs }: OnnxInferParams,
  ports: ReadonlyMap<string, Port>,
): Promise<Values> {
  const given = new Map(Object.entries(inputs))
  checkInputNames(ports, [...given.keys()])
  const check = new InputCheck()
  const feeds: [string, OnnxValue][] = []
  for (const port of ports.values()) {
    const params = given.get(port.name)
    if (params === undefined) continue
    feeds.push([port.name, await jobTensor({ engine, files, port, params, check })])
  }
  return Object.fromEntries(feeds)
}

async function compute(session: InferenceSession, feeds: Values, outputs: readonly Port[]): Promise<Values> {
  try {
    return await session.run(
      feeds,
      outputs.map(({ name }) => name),
    )
  } catch (error) {
    throw runFailure(error)
  }
}

async function outputTensor({ name, type }: Port, tensor: Tensor | undefined): Promise<NamedTensor> {
  if (tensor === undefined) throw new JobFailureError('E_ENGINE', `the model gave no output ${name}`)
  const elements = await tensor.getData()
  if (!isElementType(tensor.type) || !ArrayBuffer.isView(elements)) throw unsupportedOutput(name, type)
  const bytes = new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength)
  return { name, type: tensor.type, shape: tensor.dims, bytes }
}

function checkOutputType({ name }: Port, type: string): void {
  if (!isElementType(type)) throw unsupportedOutput(name, type)
}

function unsupportedOutput(name: string, type: string): JobFailureError {
  return new JobFailureError(
    'E_UNSUPPORTED',
    `output ${name} of the model is ${type}, which a safetensors file cannot hold: ask for other outputs`,
  )
}
