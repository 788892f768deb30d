import type { ServerIdentity, ServerKind } from './server-kind.ts'

export type Endpoint = 'plain' | 'chat'

/** How a server wants to be told what its API has beyond, or lacks of, OpenAI's. A null is something that it cannot do. */
export interface Dialect {
  /** For messages to people. */
  readonly name: string
  /** Whether it is known which settings the server takes. */
  readonly isKnown: boolean
  /** What `top_k` is written as for "no such bound". */
  readonly topKOff: number | null
  readonly hasMinP: boolean
  readonly repeatPenalty: readonly ('repetition_penalty' | 'repeat_penalty')[]
  /** Whether a setting at its neutral value is written out, since the server has defaults of its own for it. */
  readonly writesNeutral: boolean
  readonly jsonSchema: Readonly<Record<Endpoint, 'response_format' | 'json_value' | 'json_schema' | null>>
  readonly grammar: 'structured_outputs' | 'guided_grammar' | 'ebnf' | 'grammar' | null
  /** Whether it can send the ids of the tokens with the text, by `return_token_ids`. */
  readonly tokenIds: readonly Endpoint[]
  /** A path of its own for plain prompts, with token ids. */
  readonly nativePath: '/completion' | null
}

const VLLM: Dialect = {
  name: 'vLLM',
  isKnown: true,
  topKOff: -1,
  hasMinP: true,
  repeatPenalty: ['repetition_penalty'],
  writesNeutral: true,
  jsonSchema: { plain: 'response_format', chat: 'response_format' },
  grammar: 'structured_outputs',
  tokenIds: ['plain', 'chat'],
  nativePath: null,
}

const DIALECTS: Readonly<Record<ServerKind, Dialect>> = {
  vllm: VLLM,
  sglang: {
    name: 'SGLang',
    isKnown: true,
    topKOff: -1,
    hasMinP: true,
    repeatPenalty: ['repetition_penalty'],
    writesNeutral: true,
    jsonSchema: { plain: 'response_format', chat: 'response_format' },
    grammar: 'ebnf',
    // Streamed chat with token ids is an error there.
    tokenIds: ['plain'],
    nativePath: null,
  },
  'llama-server': {
    name: 'llama-server',
    isKnown: true,
    topKOff: 0,
    hasMinP: true,
    repeatPenalty: ['repeat_penalty'],
    writesNeutral: true,
    jsonSchema: { plain: 'json_schema', chat: 'response_format' },
    grammar: 'grammar',
    tokenIds: [],
    nativePath: '/completion',
  },
  ollama: {
    name: 'Ollama',
    isKnown: true,
    topKOff: null,
    hasMinP: false,
    repeatPenalty: [],
    writesNeutral: false,
    jsonSchema: { plain: null, chat: 'response_format' },
    grammar: null,
    tokenIds: [],
    nativePath: null,
  },
  tgi: {
    name: 'TGI',
    isKnown: true,
    topKOff: null,
    hasMinP: false,
    repeatPenalty: [],
    // It refuses top_p 1.
    writesNeutral: false,
    jsonSchema: { plain: null, chat: 'json_value' },
    grammar: null,
    tokenIds: [],
    nativePath: null,
  },
  unknown: {
    name: 'of an unknown kind',
    isKnown: false,
    topKOff: 0,
    hasMinP: true,
    repeatPenalty: ['repetition_penalty', 'repeat_penalty'],
    writesNeutral: false,
    jsonSchema: { plain: 'response_format', chat: 'response_format' },
    grammar: null,
    tokenIds: [],
    nativePath: null,
  },
}

/** The dialect of this server. vLLM before 0.11 knows a grammar by another name, and would ignore the new one without a word. */
export function dialectOf({ kind, version }: ServerIdentity): Dialect {
  return kind === 'vllm' && isBefore(version, 0, 11) ? { ...VLLM, grammar: 'guided_grammar' } : DIALECTS[kind]
}

function isBefore(version: string | null, major: number, minor: number): boolean {
  const match = /^v?(\d+)\.(\d+)/.exec(version ?? '')
  if (match === null) return false
  const [found, part] = [Number(match[1]), Number(match[2])]
  return found < major || (found === major && part < minor)
}
