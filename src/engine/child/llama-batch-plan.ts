/** A generation that waits for tokens to be computed: its whole prompt, or the one token it has made last. */
export interface PendingTokens {
  readonly pendingCount: number
}

/** How many of a generation's tokens go into the next batch. */
export interface BatchShare<T> {
  readonly lane: T
  readonly count: number
}

/**
 * What is computed together next: one token of each generation that is past its prompt, so that none stalls, and as much of
 * the waiting prompts as fits into `promptTokens`, shared evenly. A generation alone always gets the same shares.
 */
export function planBatch<T extends PendingTokens>(lanes: readonly T[], promptTokens: number): BatchShare<T>[] {
  const generating = lanes.filter(({ pendingCount }) => pendingCount === 1)
  const prompts = lanes.filter(({ pendingCount }) => pendingCount > 1).toSorted((a, b) => a.pendingCount - b.pendingCount)
  const shares = generating.map((lane) => ({ lane, count: 1 }))
  let room = Math.max(promptTokens - generating.length, prompts.length)
  for (const [at, lane] of prompts.entries()) {
    const count = Math.min(lane.pendingCount, Math.floor(room / (prompts.length - at)))
    shares.push({ lane, count })
    room -= count
  }
  return shares
}
