/** Memory in bytes, of the machine and of the card. */
export interface LlamaMemory {
  readonly ram: number
  readonly vram: number
}

/** What decides how much memory a model takes. */
export interface LlamaShape {
  /** Layers on the card. */
  readonly gpuLayers: number
  /** Of each sequence. */
  readonly contextTokens: number
  readonly sequences: number
}

export interface FitRequest {
  /** What is wanted: everything at its most. */
  readonly wanted: LlamaShape
  readonly free: LlamaMemory
  readonly estimate: (shape: LlamaShape) => Promise<LlamaMemory>
}

/** Below this a context is of no use, below the other it is worth having fewer of them. */
export const LEAST_CONTEXT_TOKENS = 512
const GOOD_CONTEXT_TOKENS = 4096
const CONTEXT_STEP = 256

/**
 * The largest shape that fits into what is free: first as many layers on the card as leave room for contexts of a good size,
 * then the contexts as long as they can be; where they come out too short, half as many of them. Null when not even one
 * shortest context fits.
 */
export async function fitLlama(request: FitRequest): Promise<LlamaShape | null> {
  const { wanted } = request
  const least = Math.min(wanted.contextTokens, LEAST_CONTEXT_TOKENS)
  const good = Math.min(wanted.contextTokens, GOOD_CONTEXT_TOKENS)
  for (let sequences = wanted.sequences; sequences >= 1; sequences = Math.floor(sequences / 2)) {
    for (const contextTokens of new Set([good, least])) {
      if (contextTokens < good && sequences > 1) continue
      const gpuLayers = await mostLayers(request, { ...wanted, contextTokens, sequences })
      if (gpuLayers !== null) return longestContext(request, { gpuLayers, contextTokens, sequences })
    }
  }
  return null
}

/** The shape for the memory of the request; where that is too little, a modest one for the memory that there is. */
export async function fitLlamaModestly(request: FitRequest, largest: LlamaMemory): Promise<LlamaShape | null> {
  const { wanted } = request
  const shape = await fitLlama(request)
  if (shape !== null && isGoodShape(shape, wanted)) return shape
  const contextTokens = Math.min(wanted.contextTokens, GOOD_CONTEXT_TOKENS)
  return fitLlama({ ...request, wanted: { ...wanted, contextTokens }, free: largest })
}

/** Nothing essential is missing: more memory would only make contexts longer still. */
export function isGoodShape(shape: LlamaShape, wanted: LlamaShape): boolean {
  return (
    shape.gpuLayers === wanted.gpuLayers &&
    shape.sequences === wanted.sequences &&
    shape.contextTokens >= Math.min(wanted.contextTokens, GOOD_CONTEXT_TOKENS)
  )
}

/** How many layers can be on the card; null when the rest does not fit into the machine's memory. */
async function mostLayers(request: FitRequest, shape: LlamaShape): Promise<number | null> {
  const { free, estimate } = request
  const gpuLayers = await largest(0, shape.gpuLayers, async (layers) => {
    return (await estimate({ ...shape, gpuLayers: layers })).vram <= free.vram
  })
  if (gpuLayers === null) return null
  return (await fits(request, { ...shape, gpuLayers })) ? gpuLayers : null
}

async function longestContext(request: FitRequest, shape: LlamaShape): Promise<LlamaShape> {
  if (await fits(request, { ...shape, contextTokens: request.wanted.contextTokens })) {
    return { ...shape, contextTokens: request.wanted.contextTokens }
  }
  const steps = Math.floor((request.wanted.contextTokens - shape.contextTokens) / CONTEXT_STEP)
  const contextOf = (step: number): number => shape.contextTokens + step * CONTEXT_STEP
  const step = await largest(0, steps, (steps) => fits(request, { ...shape, contextTokens: contextOf(steps) }))
  return { ...shape, contextTokens: contextOf(step ?? 0) }
}

async function fits({ free, estimate }: FitRequest, shape: LlamaShape): Promise<boolean> {
  const { ram, vram } = await estimate(shape)
  return ram <= free.ram && vram <= free.vram
}

/** The largest whole number of the range that holds, where all below one that holds do too; null for none. */
async function largest(from: number, to: number, holds: (value: number) => Promise<boolean>): Promise<number | null> {
  if (await holds(to)) return to
  if (!(await holds(from))) return null
  let low = from
  let high = to
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (await holds(middle)) low = middle
    else high = middle
  }
  return low
}
