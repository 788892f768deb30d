import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import type { ModelSource } from '../../../src/domain/models.ts'
import { enginePool, failureOf, outputOf, runRequest } from './engine-fixture.ts'

const TINY = fileURLToPath(new URL('../../../models/tiny-llm/tiny-llm-f16.gguf', import.meta.url))
const GOOD = readFileSync(TINY)

/** Models that are files with the given bytes, their names standing for their hashes. */
function modelFiles(files: Readonly<Record<string, Buffer>>): ModelSource {
  const dir = tempDir()
  return {
    list: () => [],
    acquire: ({ wanted }) => {
      const name = wanted ?? ''
      const bytes = files[name]
      if (bytes === undefined) return Promise.reject(new JobFailureError('E_INPUT', `no model ${name}`))
      const path = join(dir, `${name}.gguf`)
      writeFileSync(path, bytes)
      const facts = { contextTokens: 512, memoryMb: null, bytes: bytes.length }
      return Promise.resolve({ name, path, sha256: name, format: 'gguf', ...facts, release() {} })
    },
  }
}

/** The good model with a number in its metadata changed. */
function withNumber(key: string, value: number): Buffer {
  const bytes = Buffer.from(GOOD)
  bytes.writeUInt32LE(value, bytes.indexOf(key) + key.length + 4)
  return bytes
}

/** The good model under another architecture: the name stands behind its key, a type and a length. */
function withArchitecture(name: string): Buffer {
  const key = 'general.architecture'
  const bytes = Buffer.from(GOOD)
  bytes.write(name, bytes.indexOf(key) + key.length + 12)
  return bytes
}

/** The good model whose first tensor is of another type: it stands behind its name and two dimensions. */
function withTensorType(type: number): Buffer {
  const name = 'token_embd.weight'
  const bytes = Buffer.from(GOOD)
  bytes.writeUInt32LE(type, bytes.indexOf(name) + name.length + 4 + 16)
  return bytes
}

/** The good model whose first key claims to have 2^62 characters. */
function withLongKey(): Buffer {
  const bytes = Buffer.from(GOOD)
  bytes.writeBigUInt64LE(2n ** 62n, 24)
  return bytes
}

const prompt = 'Today is Monday. Tomorrow is'
const answer = { text: ' Tuesday. Yesterday was Sunday.', finish_reason: 'stop' }

describe('llm_gen with a bad model file', () => {
  it('says what is wrong with it, and runs the next job in the same process', async () => {
    const files = {
      good: GOOD,
      page: Buffer.from('<!DOCTYPE html><html></html>'),
      empty: Buffer.alloc(0),
      head: GOOD.subarray(0, 1000),
      half: GOOD.subarray(0, 2_000_000),
      stranger: withArchitecture('lxama'),
      long: withLongKey(),
      layers: withNumber('llama.block_count', 0),
      heads: withNumber('llama.attention.head_count_kv', 2 ** 31),
      alignment: withNumber('general.alignment', 0),
      type: withTensorType(999),
    }
    const pool = await enginePool({ models: modelFiles(files) })
    const run = async (model: string) => pool.run(await runRequest('llm_gen', { prompt, model }))
    expect(outputOf(await run('good'))).toMatchObject(answer)
    const pid = pool.status()[0]?.pid
    const words = {
      page: 'no GGUF file: it begins with "<!DOCTYP"',
      empty: 'no GGUF file',
      head: 'damaged or incomplete',
      half: 'not within the file bounds',
      stranger: 'architecture "lxama"',
      long: 'a text in it claims to be longer than',
      layers: '0 layers',
      heads: '2147483648 key heads for 6 heads',
      alignment: 'damaged or incomplete',
      type: 'damaged or incomplete',
    }
    for (const [model, message] of Object.entries(words)) {
      expect(await failureOf(run(model))).toMatchObject({ code: 'E_INPUT', message: expect.stringContaining(message) })
    }
    expect(outputOf(await run('good'))).toMatchObject(answer)
    expect(pool.status()[0]?.pid).toBe(pid)
  })

  it('costs no other job when llama.cpp ends the process on it', async () => {
    const models = modelFiles({ good: GOOD, deadly: withNumber('llama.feed_forward_length', 0) })
    const pool = await enginePool({ models })
    expect(await failureOf(pool.run(await runRequest('llm_gen', { prompt, model: 'deadly' })))).toMatchObject({
      code: 'E_ENGINE',
      message: expect.stringMatching(/last words: .*GGML_ASSERT/),
    })
    expect(outputOf(await pool.run(await runRequest('llm_gen', { prompt, model: 'good' })))).toMatchObject(answer)
  })
})

describe('llm_gen with several models', () => {
  it('runs them in turn in one process, whether or not there is room for both', async () => {
    const models = modelFiles({ a: GOOD, b: GOOD })
    const restarts = async (ramMb: number | null) => {
      const pool = await enginePool({ models, ramMb, parallelRuns: 1 })
      for (const model of ['a', 'b', 'a', 'b']) {
        expect(outputOf(await pool.run(await runRequest('llm_gen', { prompt, model })))).toMatchObject(answer)
      }
      return pool.status()[0]?.restarts
    }
    expect(await restarts(null)).toBe(0)
    expect(await restarts(30)).toBe(0)
  })

  it('refuses one that cannot fit, with the numbers, before it takes any memory', async () => {
    const pool = await enginePool({ models: modelFiles({ a: GOOD }), ramMb: 3 })
    expect(await failureOf(pool.run(await runRequest('llm_gen', { prompt, model: 'a' })))).toMatchObject({
      code: 'E_OOM',
      message: expect.stringMatching(/needs about \d+ MiB .* and 3 MiB are free/),
    })
  })
})
