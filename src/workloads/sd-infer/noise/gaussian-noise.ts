import { normalQuantile } from './normal-quantile.ts'
import { philox } from './philox.ts'

/** Where a scheduler or a pipeline has its noise from. */
export interface NoiseSource {
  /** Fills `out` with the standard normal numbers of a stream; the same seed and stream give the same numbers. */
  write(out: Float32Array, stream: number): void
}

/**
 * Standard normal noise that is the same on every machine and processor, bit by bit.
 *
 * Number `i` of stream `s` under the seed `k` is the normal quantile (`normal-quantile.ts`), rounded to float32, of word
 * `i mod 4` of Philox4x32-10 with the key `(k, 0)` and the counter `(floor(i / 4), 0, s, 0)`. Stream 0 makes the initial
 * latents, in the order of their memory (channel, row, column); stream `n` is the noise that a stochastic scheduler adds in step `n`.
 */
export class GaussianNoise implements NoiseSource {
  readonly #seed: number

  /** `seed`: an unsigned 32-bit integer. */
  constructor(seed: number) {
    this.#seed = seed
  }

  write(out: Float32Array, stream: number): void {
    const words = new Uint32Array(4)
    for (let start = 0; start < out.length; start += words.length) {
      philox([start / words.length, 0, stream, 0], [this.#seed, 0], words)
      const end = Math.min(words.length, out.length - start)
      for (let lane = 0; lane < end; lane++) out[start + lane] = normalQuantile(words[lane] ?? 0)
    }
  }
}
