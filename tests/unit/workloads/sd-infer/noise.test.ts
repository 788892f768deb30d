import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GaussianNoise } from '../../../../src/workloads/sd-infer/noise/gaussian-noise.ts'
import { normalQuantile } from '../../../../src/workloads/sd-infer/noise/normal-quantile.ts'
import { philox } from '../../../../src/workloads/sd-infer/noise/philox.ts'

function numbers(seed: number, stream: number, length: number): Float32Array {
  const out = new Float32Array(length)
  new GaussianNoise(seed).write(out, stream)
  return out
}

function correlation(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0) / a.length
}

describe('philox', () => {
  // The known answers that Random123, its authors' library, is tested with.
  it.each([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [[0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], [0xffffffff, 0xffffffff], '408f276d 41c83b0e a20bc7c6 6d5451fd'],
    [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0], 'd16cfe09 94fdcceb 5001e420 24126ea1'],
  ] as const)('gives the known answer for the counter %j', (counter, key, answer) => {
    const words = new Uint32Array(4)
    philox(counter, key, words)
    expect([...words].map((word) => word.toString(16).padStart(8, '0')).join(' ')).toBe(answer)
  })
})

describe('normalQuantile', () => {
  it.each([
    [0, -6.337957754553788],
    [12_345, -4.535422762090429],
    [0x0500_0000, -2.063527895862976],
    [0x8000_0000, 2.9180993729166234e-10],
    [0xffff_ffff, 6.337957754553788],
  ])('agrees with another implementation at %i', (word, value) => {
    expect(Math.abs(normalQuantile(word) / value - 1)).toBeLessThan(1e-13)
  })

  it('is odd around the middle, and rises', () => {
    for (const word of [0, 1, 77, 0x1333_3333, 0x1333_3334, 0x7fff_ffff]) {
      expect(normalQuantile(0xffff_ffff - word)).toBeCloseTo(-normalQuantile(word), 13)
      expect(normalQuantile(word + 1)).toBeGreaterThanOrEqual(normalQuantile(word))
    }
  })
})

describe('GaussianNoise', () => {
  it('gives these numbers for ever', () => {
    expect([...numbers(7, 0, 6)]).toEqual(NUMBERS_OF_SEED_7)
    const bytes = numbers(0xffff_ffff, 3, 100_001)
    expect(createHash('sha256').update(new Uint8Array(bytes.buffer)).digest('hex')).toBe(SHA256_OF_STREAM)
  })

  it('gives a shorter picture the beginning of a longer one', () => {
    expect([...numbers(1, 0, 5)]).toEqual([...numbers(1, 0, 4099).subarray(0, 5)])
  })

  it('is standard normal', () => {
    const sample = numbers(3, 1, 200_000)
    const moment = (power: number): number => sample.reduce((sum, value) => sum + value ** power, 0) / sample.length
    expect(moment(1)).toBeCloseTo(0, 2)
    expect(moment(2)).toBeCloseTo(1, 1)
    expect(moment(3)).toBeCloseTo(0, 1)
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1)
  })

  it('has seeds and streams that know nothing of each other', () => {
    const base = numbers(5, 0, 50_000)
    for (const other of [numbers(6, 0, 50_000), numbers(5, 1, 50_000), base.slice(1), base.slice(4)]) {
      expect(Math.abs(correlation(other, base))).toBeLessThan(0.02)
    }
  })
})

const NUMBERS_OF_SEED_7: readonly number[] = [
  1.6911625862121582, 0.6749688386917114, -1.2046078443527222, -1.3679883480072021, -0.23537097871303558, 0.8248937129974365,
]
const SHA256_OF_STREAM = 'ff5b6aa6f36d011ce9f52d93126ebe9d3bc93311b69e6dcb0adedd2eccfdfbcc'
