import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { GgufHeader } from './gguf-header.ts'
import type { GgufTensor } from './gguf-header.ts'

/** Shape of a `llama` model; the number of parameters follows from it. */
export interface LlamaShape {
  readonly layers: number
  readonly width: number
  readonly heads: number
  readonly feedForward: number
  readonly vocabulary: number
  readonly contextTokens: number
}

/** 301 M parameters: 16 layers of 16.8 M, and 32,000 tokens of 1,024 numbers that are both embedding and output. */
export const SHAPE_300M: LlamaShape = {
  layers: 16,
  width: 1024,
  heads: 16,
  feedForward: 4096,
  vocabulary: 32_000,
  contextTokens: 2048,
}

const END_TOKEN = 2
/** A block of Q8_0: a scale as an F16 and 32 signed bytes. */
const BLOCK_VALUES = 32
const BLOCK_BYTES = 34
/** 2^-12 as an F16; bytes up to 127 then make weights up to 0.03, as in trained models. */
const SCALE_F16 = 0x0c00
const CHUNK_BLOCKS = 32_768

/**
 * Writes a GGUF file with random Q8_0 weights, the same bytes for the same seed and shape: as fast and as large as a real
 * model, with nothing to say. Its end token is never the likeliest. The tokens are words `w3` … and the 256 bytes.
 */
export async function writeRandomGguf(path: string, shape: LlamaShape, seed: number): Promise<void> {
  const tensors = tensorsOf(shape)
  const header = new GgufHeader(metadataOf(shape), tensors)
  const random = new RandomBlocks(seed)
  const file = await open(path, 'wx')
  try {
    await file.writeFile(header.bytes())
    for (const tensor of tensors) await writeTensor(file, tensor, random)
  } finally {
    await file.close()
  }
}

/** All tensors of the model in the file's order; sizes are multiples of GGUF's alignment of 32 bytes for widths that are of 1024. */
function tensorsOf({ layers, width, feedForward, vocabulary }: LlamaShape): GgufTensor[] {
  const norm = (name: string): GgufTensor => ({ name: `${name}.weight`, type: 'F32', dimensions: [width], bytes: width * 4 })
  const tensors = [matrix('token_embd', width, vocabulary), norm('output_norm')]
  for (let layer = 0; layer < layers; layer += 1) {
    const of = (name: string): string => `blk.${layer}.${name}`
    tensors.push(norm(of('attn_norm')), norm(of('ffn_norm')))
    for (const name of ['attn_q', 'attn_k', 'attn_v', 'attn_output']) tensors.push(matrix(of(name), width, width))
    for (const name of ['ffn_gate', 'ffn_up']) tensors.push(matrix(of(name), width, feedForward))
    tensors.push(matrix(of('ffn_down'), feedForward, width))
  }
  return tensors
}

function metadataOf(shape: LlamaShape): ConstructorParameters<typeof GgufHeader>[0] {
  const tokens: string[] = []
  const scores: number[] = []
  const types: number[] = []
  for (let token = 0; token < shape.vocabulary; token += 1) {
    const byte = token - 3
    tokens.push(
      token < 3
        ? (['<unk>', '<s>', '</s>'][token] ?? '')
        : byte < 256
          ? `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`
          : `\u2581w${token}`,
    )
    scores.push(-token)
    // 1 normal, 2 unknown, 3 control, 6 byte.
    types.push(token === 0 ? 2 : token < 3 ? 3 : byte < 256 ? 6 : 1)
  }
  return [
    ['general.architecture', 'string', 'llama'],
    ['general.name', 'string', 'random'],
    ['llama.block_count', 'uint32', shape.layers],
    ['llama.context_length', 'uint32', shape.contextTokens],
    ['llama.embedding_length', 'uint32', shape.width],
    ['llama.feed_forward_length', 'uint32', shape.feedForward],
    ['llama.attention.head_count', 'uint32', shape.heads],
    ['llama.attention.head_count_kv', 'uint32', shape.heads],
    ['llama.attention.layer_norm_rms_epsilon', 'float32', 1e-5],
    ['llama.rope.dimension_count', 'uint32', shape.width / shape.heads],
    ['tokenizer.ggml.model', 'string', 'llama'],
    ['tokenizer.ggml.tokens', 'strings', tokens],
    ['tokenizer.ggml.scores', 'float32s', scores],
    ['tokenizer.ggml.token_type', 'int32s', types],
    ['tokenizer.ggml.bos_token_id', 'uint32', 1],
    ['tokenizer.ggml.eos_token_id', 'uint32', END_TOKEN],
    ['tokenizer.ggml.unknown_token_id', 'uint32', 0],
  ]
}

function matrix(name: string, columns: number, rows: number): GgufTensor {
  const bytes = ((columns * rows) / BLOCK_VALUES) * BLOCK_BYTES
  return { name: `${name}.weight`, type: 'Q8_0', dimensions: [columns, rows], bytes }
}

async function writeTensor(file: FileHandle, { name, type, dimensions, bytes }: GgufTensor, random: RandomBlocks): Promise<void> {
  if (type === 'F32') {
    await file.writeFile(new Uint8Array(new Float32Array(bytes / 4).fill(1).buffer))
    return
  }
  for (let written = 0; written < bytes;) {
    const chunk = random.blocks(Math.min(CHUNK_BLOCKS, (bytes - written) / BLOCK_BYTES))
    if (name === 'token_embd.weight' && written === 0) {
      const rowBytes = ((dimensions[0] ?? 0) / BLOCK_VALUES) * BLOCK_BYTES
      chunk.fill(0, END_TOKEN * rowBytes, (END_TOKEN + 1) * rowBytes)
    }
    await file.writeFile(chunk)
    written += chunk.length
  }
}

/** Q8_0 blocks of random values, by xorshift32. */
class RandomBlocks {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 1
  }

  blocks(count: number): Uint8Array {
    const words = new Uint32Array(Math.ceil((count * BLOCK_BYTES) / 4))
    let state = this.#state
    for (let at = 0; at < words.length; at += 1) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      words[at] = state
    }
    this.#state = state
    const bytes = new Uint8Array(words.buffer, 0, count * BLOCK_BYTES)
    for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
      bytes[at] = SCALE_F16 & 0xff
      bytes[at + 1] = SCALE_F16 >> 8
    }
    return bytes
  }
}
