import { Tokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { JobFailureError } from '../../domain/failure-codes.ts'
import type { ModelFile } from '../../engine/child/run-context.ts'
import { readConfig, readModelText } from './model-folder.ts'

/** Words as CLIP cuts them: contractions, letters, single digits, runs of other signs. */
const WORDS = String.raw`<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`
/** Of every model of the family; for configurations that leave it out or write a number without meaning. */
const USUAL_LENGTH = 77

const tokenText = z.union([z.string(), z.object({ content: z.string() }).transform(({ content }) => content)])

const tokenizerConfig = z.object({
  bos_token: tokenText.default('<|startoftext|>'),
  eos_token: tokenText.default('<|endoftext|>'),
  unk_token: tokenText.nullish(),
  pad_token: tokenText.nullish(),
  model_max_length: z.number().default(USUAL_LENGTH),
  added_tokens_decoder: z.record(z.string(), z.unknown()).optional(),
})

const specialTokens = z.object({ pad_token: tokenText.nullish() })

/** Text to token ids as CLIP's text encoders are fed: lower case, byte-level BPE, both ends marked, cut and padded to one length. */
export class ClipTokenizer {
  /** Ids of every encoded text. */
  readonly length: number
  readonly #tokenizer: Tokenizer
  readonly #startId: number
  readonly #endId: number
  readonly #padId: number

  private constructor(
    tokenizer: Tokenizer,
    ids: { readonly start: number; readonly end: number; readonly pad: number },
    length: number,
  ) {
    this.#tokenizer = tokenizer
    this.#startId = ids.start
    this.#endId = ids.end
    this.#padId = ids.pad
    this.length = length
  }

  /** From the files of the slow tokenizer: vocab.json, merges.txt, tokenizer_config.json. Rejects with `E_INPUT` where one is missing or broken. */
  static async read(model: Pick<ModelFile, 'name' | 'path'>): Promise<ClipTokenizer> {
    const vocab = await readConfig(z.record(z.string(), z.int().min(0)), model, 'tokenizer/vocab.json')
    const merges = parseMerges(await readModelText(model, 'tokenizer/merges.txt'))
    const config = await readConfig(tokenizerConfig, model, 'tokenizer/tokenizer_config.json')
    const { bos_token: bos, eos_token: eos } = config
    const pad = (await padToken(model, config)) ?? eos
    const idOf = (token: string): number => {
      const id = vocab[token]
      if (id === undefined)
        throw new JobFailureError('E_INPUT', `tokenizer/vocab.json of model ${model.name} lacks the token ${token}`)
      return id
    }
    const ids = { start: idOf(bos), end: idOf(eos), pad: idOf(pad) }
    const added = [...new Set([bos, eos])].map((content) => ({ id: idOf(content), content, special: true, normalized: false }))
    const tokenizer = new Tokenizer(description({ vocab, merges, unknown: config.unk_token ?? eos, added }), {})
    const length = config.model_max_length
    return new ClipTokenizer(tokenizer, ids, Number.isInteger(length) && length >= 2 && length <= 4096 ? length : USUAL_LENGTH)
  }

  /** `length` ids. Text beyond them is cut off. */
  encode(text: string): number[] {
    const { ids } = this.#tokenizer.encode(text.toWellFormed(), { add_special_tokens: false })
    const marked = [this.#startId, ...ids.slice(0, this.length - 2), this.#endId]
    return [...marked, ...Array<number>(this.length - marked.length).fill(this.#padId)]
  }
}

/** Older exports keep the token of the padding in a file of its own, which goes before the configuration. */
async function padToken(
  model: Pick<ModelFile, 'name' | 'path'>,
  config: z.infer<typeof tokenizerConfig>,
): Promise<string | null> {
  const configured = config.pad_token ?? null
  if (config.added_tokens_decoder !== undefined) return configured
  try {
    return (await readConfig(specialTokens, model, 'tokenizer/special_tokens_map.json')).pad_token ?? configured
  } catch (error) {
    if (error instanceof JobFailureError && configured !== null) return configured
    throw error
  }
}

function parseMerges(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#version'))
}

interface Parts {
  readonly vocab: Readonly<Record<string, number>>
  readonly merges: readonly string[]
  readonly unknown: string
  readonly added: readonly object[]
}

/** What `tokenizer.json` of a CLIP model says, made from the older files. */
function description({ vocab, merges, unknown, added }: Parts): object {
  return {
    added_tokens: added,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: String.raw`\s+` }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: WORDS }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    model: { type: 'BPE', vocab, merges, unk_token: unknown, end_of_word_suffix: '</w>' },
    post_processor: null,
    decoder: { type: 'ByteLevel' },
  }
}
