import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceSession } from 'onnxruntime-node'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { ModelFile } from '../../engine/child/run-context.ts'
import { memoryFailure } from './run-part.ts'

/** The networks of a diffusion model. */
export interface ModelSessions {
  readonly textEncoder: InferenceSession
  readonly unet: InferenceSession
  readonly vaeDecoder: InferenceSession
}

/**
 * Opens the networks of a model, or takes them as an earlier job left them. Rejects with `E_INPUT` for one that is missing or
 * that ONNX Runtime cannot load, with `E_OOM` for want of memory.
 */
export async function openSessions(engine: OnnxEngine, model: ModelFile, signal: AbortSignal): Promise<ModelSessions> {
  const open = (part: string): Promise<InferenceSession> => {
    signal.throwIfAborted()
    return openPart(engine, model, part)
  }
  return { textEncoder: await open('text_encoder'), unet: await open('unet'), vaeDecoder: await open('vae_decoder') }
}

async function openPart(engine: OnnxEngine, model: ModelFile, part: string): Promise<InferenceSession> {
  const { name, path } = model
  const file = `${part}/model.onnx`
  try {
    await access(join(path, file))
  } catch (cause) {
    throw new JobFailureError('E_INPUT', `${file} of model ${name} is missing: give the whole folder of an ONNX export`, {
      cause,
    })
  }
  try {
    return await engine.fileSession(model, join(path, file))
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).replaceAll(path, name)
    throw (
      memoryFailure(part, cause) ??
      new JobFailureError('E_INPUT', `ONNX Runtime cannot load ${file} of model ${name}: ${reason}`, { cause })
    )
  }
}
