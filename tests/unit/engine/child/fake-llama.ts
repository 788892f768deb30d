import type { Token } from 'node-llama-cpp'
import { z } from 'zod'
import type { AddonContext, AddonSampler } from '../../../../src/engine/child/llama-addon.ts'

const tokenSchema = z.custom<Token>((value) => Number.isSafeInteger(value))

export function tokens(...ids: number[]): Token[] {
  return z.array(tokenSchema).parse(ids)
}

export const SAMPLER: AddonSampler = { applyConfig() {}, dispose() {} }

/** A context whose next token is the sum of all before it, modulo 1000, and which notes what was computed together. */
export class FakeContext implements AddonContext {
  /** Sequence ids and tokens of each batch. */
  readonly batches: { readonly id: number; readonly position: number; readonly tokens: readonly number[] }[][] = []
  /** Called before each batch is computed. */
  onDecode: () => void = () => {}
  /** Called before each token is chosen. */
  onSample: (sampler: AddonSampler) => void | Promise<void> = () => {}
  readonly #cells = new Map<number, number[]>()
  #sums: number[] = []

  readonly initBatch = (): void => {
    this.batches.push([])
    this.#sums = []
  }

  readonly addToBatch = (id: number, position: number, added: Uint32Array, logitIndexes: Uint32Array): Uint32Array => {
    const cells = this.#cells.get(id) ?? []
    if (cells.length !== position) throw new Error(`sequence ${id} has ${cells.length} tokens, not ${position}`)
    cells.push(...added)
    this.#cells.set(id, cells)
    this.batches.at(-1)?.push({ id, position, tokens: [...added] })
    if (logitIndexes.length === 0) return new Uint32Array(0)
    this.#sums.push(cells.reduce((sum, token) => sum + token, 0) % 1000)
    return Uint32Array.of(this.#sums.length - 1)
  }

  readonly decodeBatch = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve))
    this.onDecode()
  }

  readonly sampleToken = async (index: number, sampler: AddonSampler): Promise<Token> => {
    await this.onSample(sampler)
    return tokenSchema.parse(this.#sums[index])
  }

  readonly disposeSequence = (id: number): void => {
    this.#cells.delete(id)
  }

  readonly removeTokenCellsFromSequence = (id: number, start: number, end: number): boolean => {
    this.#cells.get(id)?.splice(start, end - start)
    return true
  }

  readonly setThreads = (): void => {}
}
