import { describe, expect, it } from 'vitest'
import { fitLlama, fitLlamaModestly, isGoodShape } from '../../../../src/engine/child/llama-fit.ts'
import type { FitRequest, LlamaMemory, LlamaShape } from '../../../../src/engine/child/llama-fit.ts'

/** A model of ten layers of 100 each, and one for each token of context. */
function estimate({ gpuLayers, contextTokens, sequences }: LlamaShape): Promise<LlamaMemory> {
  const context = contextTokens * sequences
  return Promise.resolve({
    ram: (10 - gpuLayers) * 100 + (gpuLayers === 10 ? 0 : context),
    vram: gpuLayers * 100 + (gpuLayers === 10 ? context : 0),
  })
}

function request(free: LlamaMemory, wanted: Partial<LlamaShape> = {}): FitRequest {
  return { wanted: { gpuLayers: 0, contextTokens: 32_768, sequences: 8, ...wanted }, free, estimate }
}

describe('fitLlama', () => {
  it('gives everything where there is room for it', async () => {
    expect(await fitLlama(request({ ram: 1_000_000, vram: 0 }))).toEqual({ gpuLayers: 0, contextTokens: 32_768, sequences: 8 })
  })

  it('shortens contexts to what fits, and fills the room', async () => {
    const shape = await fitLlama(request({ ram: 1000 + 8 * 10_000, vram: 0 }))
    expect(shape).toEqual({ gpuLayers: 0, contextTokens: 4096 + 23 * 256, sequences: 8 })
  })

  it('has fewer contexts before it makes them too short to be useful', async () => {
    expect(await fitLlama(request({ ram: 1000 + 10_000, vram: 0 }))).toMatchObject({
      sequences: 2,
      contextTokens: 4096 + 3 * 256,
    })
    expect(await fitLlama(request({ ram: 1000 + 1000, vram: 0 }))).toMatchObject({ sequences: 1, contextTokens: 768 })
  })

  it('finds no shape where not even one short context fits', async () => {
    expect(await fitLlama(request({ ram: 1000 + 500, vram: 0 }))).toBeNull()
  })

  it('puts the layers on the card that fit beside the rest', async () => {
    const wanted = { gpuLayers: 10 }
    expect(await fitLlama(request({ ram: 0, vram: 1_000_000 }, wanted))).toMatchObject({ gpuLayers: 10, contextTokens: 32_768 })
    expect(await fitLlama(request({ ram: 1_000_000, vram: 450 }, wanted))).toMatchObject({ gpuLayers: 4, contextTokens: 32_768 })
    expect(await fitLlama(request({ ram: 1_000_000, vram: 0 }, wanted))).toMatchObject({ gpuLayers: 0 })
  })

  it('never gives more than was asked for', async () => {
    const wanted = { contextTokens: 100, sequences: 1 }
    expect(await fitLlama(request({ ram: 1_000_000, vram: 0 }, wanted))).toEqual({
      gpuLayers: 0,
      contextTokens: 100,
      sequences: 1,
    })
  })
})

describe('fitLlamaModestly', () => {
  it('goes beyond the comfortable share for what is needed, and not for long contexts', async () => {
    const comfortable = request({ ram: 20_000, vram: 0 })
    const shape = await fitLlamaModestly(comfortable, { ram: 200_000, vram: 0 })
    expect(shape).toEqual({ gpuLayers: 0, contextTokens: 4096, sequences: 8 })
  })
})

describe('isGoodShape', () => {
  const wanted = { gpuLayers: 4, contextTokens: 32_768, sequences: 8 }

  it('is content with a shorter context, and not with fewer layers or sequences', () => {
    expect(isGoodShape({ ...wanted, contextTokens: 4096 }, wanted)).toBe(true)
    expect(isGoodShape({ ...wanted, contextTokens: 4095 }, wanted)).toBe(false)
    expect(isGoodShape({ ...wanted, gpuLayers: 3 }, wanted)).toBe(false)
    expect(isGoodShape({ ...wanted, sequences: 4 }, wanted)).toBe(false)
  })
})
