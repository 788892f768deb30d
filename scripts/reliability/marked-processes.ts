import { readdirSync, readFileSync } from 'node:fs'

/** Ids of all processes that were started with this variable in their environment; zombies have none. */
export function markedProcesses(name: string, value: string): number[] {
  const mark = `\0${name}=${value}\0`
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(mark))
    .map(Number)
}

/** SIGKILL; false when it has ended meanwhile. */
export function killIfThere(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

function environmentOf(pid: string): string {
  try {
    return `\0${readFileSync(`/proc/${pid}/environ`, 'utf8')}`
  } catch {
    // Gone meanwhile, or not ours.
    return ''
  }
}
