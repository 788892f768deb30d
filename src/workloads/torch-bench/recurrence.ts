/**
 * What `torch_bench` computes, in integers:
 *
 *     X(k+1)[i][j] = ((Σ X(k)[i][·] · B[·][j] + c[j]) >> 6) & 63
 *
 * X(0) and B are square with entries 0 to 63, c is a row with entries 0 to 4095. The sums stay below 2^24, so float32
 * holds them exactly in whatever order a device adds them, and 6-bit factors are exact in TF32 and bfloat16 as well.
 * Keeping bits 6 to 11 is not linear: no power of B stands in for the iterations, each must be done.
 *
 * The ONNX graph works on B / 4096 and c / 4096 (powers of two, so still exact); the bits kept are then
 * floor(64 · (y − floor(y))).
 */
export interface StartValues {
  /** Row-major, 0 to 63. */
  readonly x: Float32Array<ArrayBuffer>
  /** Row-major, 0 to 63, divided by 4096. */
  readonly scaledB: Float32Array<ArrayBuffer>
  /** One row, 0 to 4095, divided by 4096. */
  readonly scaledC: Float32Array<ArrayBuffer>
}

const SCALE = 1 / 4096

/** The start values of a seed: top bits of Mulberry32, first X row by row, then B, then c. */
export function startValues(size: number, seed: number): StartValues {
  const next = mulberry32(seed)
  const x = new Float32Array(size * size)
  const scaledB = new Float32Array(size * size)
  const scaledC = new Float32Array(size)
  for (let i = 0; i < x.length; i++) x[i] = next() >>> 26
  for (let i = 0; i < scaledB.length; i++) scaledB[i] = (next() >>> 26) * SCALE
  for (let i = 0; i < scaledC.length; i++) scaledC[i] = (next() >>> 20) * SCALE
  return { x, scaledB, scaledC }
}

/** Mulberry32: 32 bits a call. */
export function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
