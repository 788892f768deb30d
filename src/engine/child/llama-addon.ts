import type { Llama, LlamaContext, LlamaGrammarEvaluationState, LlamaModel, Token } from 'node-llama-cpp'

/**
 * What node-llama-cpp's native part can do and its public API keeps to itself. The public way, an async generator and three
 * locks a token, costs a third of the speed of a small model, and cannot choose what is computed together. The version of the
 * package is pinned, and what is used of it is checked when a model is loaded.
 */
export interface AddonContext {
  /** Begins a batch of exactly this many tokens. */
  readonly initBatch: (tokens: number) => void
  /** Adds tokens of a sequence from a position on; returns where the logits of the tokens at `logitIndexes` will be. */
  readonly addToBatch: (sequenceId: number, position: number, tokens: Uint32Array, logitIndexes: Uint32Array) => Uint32Array
  readonly decodeBatch: () => Promise<void>
  /** The next token by the logits of the last batch; -1 or null when there is none. */
  readonly sampleToken: (logitIndex: number, sampler: AddonSampler) => Promise<Token | -1 | null>
  /** Empties a sequence. */
  readonly disposeSequence: (sequenceId: number) => void
  /** Takes tokens out of a sequence; false where the model's memory cannot do that. */
  readonly removeTokenCellsFromSequence: (sequenceId: number, start: number, end: number) => boolean
  readonly setThreads: (threads: number) => void
}

const CONTEXT_METHODS = [
  'initBatch',
  'addToBatch',
  'decodeBatch',
  'sampleToken',
  'disposeSequence',
  'removeTokenCellsFromSequence',
  'setThreads',
] as const satisfies readonly (keyof AddonContext)[]

/** How the next token is chosen. Keeps its own random state and its own last tokens. */
export interface AddonSampler {
  readonly applyConfig: (config: SamplerConfig) => void
  readonly dispose: () => void
}

export interface SamplerConfig {
  readonly temperature: number
  readonly topK: number
  readonly topP: number
  readonly minP: number
  /** Below 2^32 - 1, which llama.cpp takes for "any". */
  readonly seed: number
  readonly repeatPenalty?: number
  readonly repeatPenaltyMaxTokens?: number
  /** The tokens before the first one that is sampled. */
  readonly repeatPenaltyTokens?: Uint32Array
  readonly grammarEvaluationState?: object
}

/** The native part of a context. Throws when this version of node-llama-cpp has another one. */
export function addonContext(context: LlamaContext): AddonContext {
  const addon = member(context, '_ctx')
  if (!hasMethods<AddonContext>(addon, CONTEXT_METHODS)) throw unknownVersion('context')
  return addon
}

/** A sampler for one generation, to be disposed of after it. */
export function createSampler(llama: Llama, model: LlamaModel, config: SamplerConfig): AddonSampler {
  const create = member(member(llama, '_bindings'), 'AddonSampler')
  const addonModel = member(model, '_model')
  if (!isConstructor(create) || typeof addonModel !== 'object' || addonModel === null) throw unknownVersion('sampler')
  const sampler = new create(addonModel)
  if (!hasMethods<AddonSampler>(sampler, ['applyConfig', 'dispose'])) throw unknownVersion('sampler')
  sampler.applyConfig(config)
  return sampler
}

/** The native part of a grammar's state. */
export function addonGrammarState(state: LlamaGrammarEvaluationState): object {
  const addon = member(state, '_state')
  if (typeof addon !== 'object' || addon === null) throw unknownVersion('grammar')
  return addon
}

function member(owner: unknown, name: string): unknown {
  if (typeof owner !== 'object' || owner === null) return undefined
  const value: unknown = Reflect.get(owner, name)
  return value
}

function hasMethods<T>(value: unknown, names: readonly (keyof T & string)[]): value is T {
  return names.every((name) => typeof member(value, name) === 'function')
}

function isConstructor(value: unknown): value is new (model: object) => unknown {
  return typeof value === 'function'
}

function unknownVersion(part: string): Error {
  return new Error(`this version of node-llama-cpp has another native ${part} than the one that the miner was written for`)
}
