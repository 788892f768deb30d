import { readFileSync, readdirSync } from 'node:fs'

/** Ids of the processes of a group, zombies left out. */
export function groupMembers(groupId: number): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && belongsTo(pid, groupId))
}

function belongsTo(pid: number, groupId: number): boolean {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return false
  // The command's name, in parentheses, may hold anything: the fields are counted from behind it: state, parent, group.
  const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state !== 'Z' && Number(group) === groupId
}

/** A process may end between two looks at it. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}
