import { writeFileSync } from 'node:fs'

/** Of at most 1,000; the service itself has 200 by its unit. */
const OOM_SCORE = '800'

/**
 * Has the kernel end this process, and what comes from it, before others of ours when the machine runs out of memory: a job can be
 * done again, and the daemon holds what was done. Best effort.
 */
export function dieFirst(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, OOM_SCORE)
  } catch {
    // Where it is higher already, or the process is gone.
  }
}
