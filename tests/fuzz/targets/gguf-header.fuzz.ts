import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { readModelFile } from '../../../src/engine/child/llama-model-file.ts'
import { fuzzFolder } from '../fuzz-folder.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedBytes } from '../mutations/byte-edits.ts'

const [UINT32, FLOAT32, STRING, ARRAY] = [4, 6, 8, 9]
const MAX_MESSAGE = 4_000

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes
}

function text(value: string): Buffer {
  return Buffer.concat([uint64(Buffer.byteLength(value)), Buffer.from(value)])
}

function texts(values: readonly string[]): Buffer {
  return Buffer.concat([uint32(STRING), uint64(values.length), ...values.map(text)])
}

const ENTRIES: readonly (readonly [string, number, Buffer])[] = [
  ['general.architecture', STRING, text('llama')],
  ['general.name', STRING, text('tiny')],
  ['llama.block_count', UINT32, uint32(2)],
  ['llama.context_length', UINT32, uint32(128)],
  ['llama.embedding_length', UINT32, uint32(32)],
  ['llama.attention.head_count', UINT32, uint32(4)],
  ['llama.attention.head_count_kv', UINT32, uint32(2)],
  ['llama.rope.freq_base', FLOAT32, uint32(0x461c_4000)],
  ['tokenizer.ggml.model', STRING, text('gpt2')],
  ['tokenizer.ggml.tokens', ARRAY, texts(['<unk>', 'a', 'b'])],
]

/** Versions 2 and 3 differ in what follows the header alone. */
function gguf(version: number): Uint8Array {
  const tensor = Buffer.concat([text('token_embd.weight'), uint32(2), uint64(32), uint64(3), uint32(0), uint64(0)])
  return Buffer.concat([
    Buffer.from('GGUF'),
    uint32(version),
    uint64(1),
    uint64(ENTRIES.length),
    ...ENTRIES.flatMap(([key, type, value]) => [text(key), uint32(type), value]),
    tensor,
    Buffer.alloc(512),
  ])
}

/** A model file is described, or refused with `E_INPUT` in few words: whatever counts it claims, little is allocated for them. */
export const ggufHeader = fuzzTarget<Uint8Array<ArrayBuffer>>({
  name: 'gguf-header',
  runsInTests: 80,
  input: () => damagedBytes(fc.constantFrom(gguf(2), gguf(3)), { headBytes: 512 }),
  open: () => {
    const folder = fuzzFolder()
    const path = join(folder.path, 'model.gguf')
    return {
      holds: async (bytes) => {
        writeFileSync(path, bytes)
        try {
          await readModelFile({ name: 'tiny', path, sha256: '', format: 'gguf', bytes: bytes.length, contextTokens: null })
        } catch (error) {
          if (!(error instanceof JobFailureError) || error.failure.code !== 'E_INPUT') throw error
          if (error.message.length > MAX_MESSAGE)
            throw new Error(`a message of ${error.message.length} characters`, { cause: error })
        }
      },
      close: folder.remove,
    }
  },
})
