export interface LlamaWork {
  readonly prompt: string
  readonly maxTokens: number
}

/** llama.cpp without the miner. */
export interface LlamaPeer {
  /** Program and settings, for the report. */
  readonly name: string
  /** Generates greedily and resolves with the number of tokens. Several calls at a time are computed together. */
  generate(work: LlamaWork): Promise<number>
  stop(): Promise<void>
}

/** Tokens a second of so many generations at a time, over `repeats` of them one after another. */
export async function peerRate(peer: LlamaPeer, work: LlamaWork, parallel: number, repeats: number): Promise<number> {
  const startedMs = performance.now()
  let tokens = 0
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const counts = await Promise.all(Array.from({ length: parallel }, () => peer.generate(work)))
    tokens += counts.reduce((sum, count) => sum + count, 0)
  }
  return tokens / ((performance.now() - startedMs) / 1000)
}
