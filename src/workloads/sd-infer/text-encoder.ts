import type { InferenceSession } from 'onnxruntime-node'
import type { OnnxEngine } from '../../engine/child/onnx-engine.ts'
import type { ClipTokenizer } from './clip-tokenizer.ts'
import { runPart } from './run-part.ts'
import { floatsOf, idTensor, inputPorts, outputPorts, portNamed } from './tensor-port.ts'

const PART = 'text_encoder'

/** What the denoising network reads of a text. */
export interface TextEmbedding {
  readonly data: ArrayLike<number>
  readonly tokens: number
  /** Numbers a token. */
  readonly width: number
}

/** The embedding of one text: the encoder's last hidden state. */
export async function encodeText(
  engine: OnnxEngine,
  session: InferenceSession,
  tokenizer: ClipTokenizer,
  text: string,
): Promise<TextEmbedding> {
  const input = portNamed(PART, inputPorts(PART, session), 'input_ids')
  const output = portNamed(PART, outputPorts(PART, session), 'last_hidden_state')
  const ids = idTensor(engine, input, tokenizer.encode(text), [1, tokenizer.length])
  const result = (await runPart(PART, session, { [input.name]: ids }))[output.name]
  const data = floatsOf(output, result)
  return { data, tokens: tokenizer.length, width: data.length / tokenizer.length }
}
