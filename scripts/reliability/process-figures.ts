import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessFigures {
  readonly rssMb: number
  readonly threads: number
  /** Open file descriptors. */
  readonly files: number
}

/** What a process takes of the machine now; throws when it is gone. */
export function processFigures(pid: number): ProcessFigures {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  return {
    rssMb: field('VmRSS') / 1024,
    threads: field('Threads'),
    files: readdirSync(`/proc/${pid}/fd`).length,
  }
}
