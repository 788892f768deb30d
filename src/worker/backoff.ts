import type { Random } from '../domain/ports.ts'

export interface BackoffPolicy {
  readonly baseMs: number
  readonly capMs: number
}

/** For calls to the coordinator: at once forgiving, never more often than every few seconds once it is really down. */
export const COORDINATOR_BACKOFF: BackoffPolicy = { baseMs: 1_000, capMs: 60_000 }

/**
 * Full-jitter exponential backoff: uniform between 0 and min(cap, base · 2^(failures−1)), so that a hundred miners
 * do not come back in step. What the coordinator asks for (`Retry-After`) is a floor, itself capped at ten times the cap;
 * one that asks to be called again at once is still left to recover.
 * `failures` counts from 1.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: Random, retryAfterMs: number | null = null): number {
  const ceilingMs = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(failures - 1, 30))
  const jitteredMs = Math.round(random() * ceilingMs)
  if (retryAfterMs === null) return jitteredMs
  const floorMs = Math.min(Math.max(retryAfterMs, 0), policy.capMs * 10)
  return Math.max(jitteredMs, floorMs + Math.round(random() * Math.min(ceilingMs, 1_000)))
}
