import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import type { RunResult } from '../../../src/domain/engine.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { ModelFormat, ModelSource } from '../../../src/domain/models.ts'
import { corrupted } from '../../support/corrupted.ts'
import { SeededRandom } from '../../../scripts/reliability/seeded-random.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { onnxModel } from '../../support/onnx-model-writer.ts'
import { enginePool, runRequest } from './engine-fixture.ts'
import { ADD, ONE_ROW } from './onnx-fixture.ts'

const SEED = 20_260_102
const MODELS = fileURLToPath(new URL('../../../models/', import.meta.url))
const GGUF = readFileSync(join(MODELS, 'tiny-llm/tiny-llm-f16.gguf'))
/** Little but structure, so that damage meets it. */
const ONNX = onnxModel(ADD)
/** In front of the tokens of the vocabulary, which any bytes may be. */
const GGUF_HEAD_BYTES = 1200
/** No damage may make an engine take more than this, nor longer than the time. */
const LIMITS = { maxRuntimeS: 30, ramMb: 2048 }

/** Models that lie in a folder under their names. */
function modelsIn(dir: string, format: ModelFormat): ModelSource {
  return {
    list: () => [],
    acquire: ({ wanted }) => {
      const name = wanted ?? ''
      const path = join(dir, name)
      const facts = { contextTokens: format === 'gguf' ? 256 : null, memoryMb: null, bytes: readFileSync(path).length }
      return Promise.resolve({ name, path, sha256: name, format, ...facts, release() {} })
    },
  }
}

/** `done`, or the code of the failure. */
function endOf(run: Promise<RunResult>): Promise<string> {
  return run.then(
    () => 'done',
    (error: unknown) => (error instanceof JobFailureError ? error.failure.code : String(error)),
  )
}

it.each([
  ['llm_gen', 'gguf', 12, GGUF, GGUF_HEAD_BYTES, { prompt: 'Hello', max_tokens: 2 }],
  ['onnx_infer', 'onnx', 60, ONNX, ONNX.length, { inputs: { x: ONE_ROW, z: ONE_ROW } }],
] as const)(
  '%s on %s files: %i kinds of damage each end a job with a code, and the good file runs',
  async (workload, format, count, good, headBytes, params) => {
    const dir = tempDir()
    const random = new SeededRandom(SEED)
    const pool = await enginePool({ models: modelsIn(dir, format) })
    const run = async (model: string) => pool.run(await runRequest(workload, { ...params, model }, { limits: LIMITS }))
    for (let at = 0; at < count; at += 1) {
      const { how, bytes } = corrupted(good, headBytes, () => random.next())
      writeFileSync(join(dir, `damaged-${at}`), bytes)
      // Some damage changes a weight, and nothing that anybody could see.
      expect(`${how}: ${await endOf(run(`damaged-${at}`))}`).toMatch(/: (?:done|E_INPUT|E_UNSUPPORTED|E_INVALID|E_OOM|E_ENGINE)$/)
    }
    writeFileSync(join(dir, 'good'), good)
    expect((await run('good')).output.sizeBytes).toBeGreaterThan(0)
  },
)
