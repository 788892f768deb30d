/**
 * What a network distilled with guidance is told of the guidance scale, instead of being asked twice: sines and cosines of
 * `1000 · (scale - 1)` at falling frequencies. Luo et al., arXiv:2310.04378; `get_guidance_scale_embedding` of diffusers.
 */
export function guidanceEmbedding(scale: number, size: number): Float32Array {
  const half = Math.floor(size / 2)
  const embedding = new Float32Array(size)
  for (let i = 0; i < half; i++) {
    const angle = 1000 * (scale - 1) * Math.exp((-Math.log(10_000) * i) / (half - 1))
    embedding[i] = Math.sin(angle)
    embedding[half + i] = Math.cos(angle)
  }
  return embedding
}
