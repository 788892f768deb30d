import { readFileSync } from 'node:fs'

/** Whether there is such a process. A zombie has ended: not every machine has a first process that takes those away. */
export function isRunning(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'))
  } catch {
    return false
  }
}
