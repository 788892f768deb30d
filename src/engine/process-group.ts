import { readFileSync, readdirSync } from 'node:fs'

/** Sends a signal to every process of a group; a group that is gone is no error. */
export function signalGroup(groupId: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-groupId, signal)
  } catch (error) {
    if (!isGone(error)) throw error
  }
}

/** Ids of the processes of a group, zombies left out. */
export function groupMembers(groupId: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && belongsTo(pid, groupId))
}

/** Resident memory of all processes of a group, in MiB; null when none is left. */
export function groupRssMb(groupId: number): number | null {
  const kilobytes = groupMembers(groupId).map(rssKb)
  return kilobytes.length === 0 ? null : kilobytes.reduce((sum, value) => sum + value, 0) / 1024
}

/** Resident memory of one process, in MiB; null when it is gone. */
export function processRssMb(pid: number): number | null {
  const kilobytes = rssKb(pid)
  return kilobytes === 0 ? null : kilobytes / 1024
}

function belongsTo(pid: number, groupId: number): boolean {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return false
  // The command's name, in parentheses, may hold anything: the fields are counted from behind it: state, parent, group.
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state !== 'Z' && Number(group) === groupId
}

function rssKb(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readOrNull(`/proc/${pid}/status`) ?? '')
  return Number(found?.[1] ?? 0)
}

/** A process may end between two looks at it. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ESRCH'
}
