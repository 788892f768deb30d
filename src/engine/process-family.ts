import { readFileSync, readdirSync } from 'node:fs'

/** The variable by which the descendants of a child are known, wherever they went: processes inherit their environment. */
export const FAMILY_VARIABLE = 'AITBC_ENGINE_FAMILY'

/** A child and all that come from it. */
export interface Family {
  /** The child's process id, which is also that of its group. */
  readonly leader: number
  /** The value of `FAMILY_VARIABLE` that it was started with; no other process was. */
  readonly mark: string
  /** When it started, in clock ticks since boot; null for unknown. No descendant is older. */
  readonly startTicks: number | null
}

interface ProcessFacts {
  readonly pid: number
  readonly parent: number
  readonly group: number
  readonly startTicks: number
}

/**
 * Ids of the living processes of a family: those of the child's group, those that left it for a session of their own and bear its
 * mark, and the children of all of these. One that has shed mark, group and parent is not found: against those there is the sandbox. Null when
 * no process can be seen, for want of a file descriptor.
 */
export function familyMembers({ leader, mark, startTicks }: Family): number[] | null {
  const candidates = livingProcesses()?.filter((each) => startTicks === null || each.startTicks >= startTicks)
  if (candidates === undefined) return null
  const members = new Set(candidates.filter(({ pid, group }) => group === leader || bears(pid, mark)).map(({ pid }) => pid))
  for (let known = -1; known < members.size;) {
    known = members.size
    for (const { pid, parent } of candidates) if (members.has(parent)) members.add(pid)
  }
  return [...members]
}

/** Resident memory of a family, in MiB; null when none of it is left, or none can be seen. */
export function familyRssMb(family: Family): number | null {
  const members = familyMembers(family) ?? []
  return members.length === 0 ? null : members.reduce((sum, pid) => sum + (processRssMb(pid) ?? 0), 0)
}

/** Ends every process of a family; that of the group alone where the others cannot be seen. */
export function killFamily(family: Family): void {
  for (const id of familyMembers(family) ?? [-family.leader]) {
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It went by itself meanwhile.
    }
  }
}

/** When a process started, in clock ticks since boot; null when it is gone. */
export function startTicksOf(pid: number): number | null {
  return factsOf(pid)?.startTicks ?? null
}

/** Resident memory of one process, in MiB; null when it is gone. */
export function processRssMb(pid: number): number | null {
  const found = /^VmRSS:\s+(\d+) kB$/m.exec(readOrNull(`/proc/${pid}/status`) ?? '')
  return found === null ? null : Number(found[1]) / 1024
}

function livingProcesses(): readonly ProcessFacts[] | null {
  return listOrNull('/proc')?.flatMap((name) => (/^\d+$/.test(name) ? (factsOf(Number(name)) ?? []) : [])) ?? null
}

/** Null for a process that is gone, or a zombie: there is nothing left of it but its exit code. */
function factsOf(pid: number): ProcessFacts | null {
  const stat = readOrNull(`/proc/${pid}/stat`)
  if (stat === null) return null
  // The command's name, in parentheses, may hold anything: the fields are counted from behind it (proc_pid_stat(5)).
  const [state, parent, group, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state === 'Z' ? null : { pid, parent: Number(parent), group: Number(group), startTicks: Number(rest[16]) }
}

/** Processes of other users keep their environment to themselves, and are none of ours. */
function bears(pid: number, mark: string): boolean {
  return readOrNull(`/proc/${pid}/environ`)?.includes(`${FAMILY_VARIABLE}=${mark}\0`) ?? false
}

/** A process may end between two looks at it. */
function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return null
  }
}

function listOrNull(folder: string): string[] | null {
  try {
    return readdirSync(folder)
  } catch {
    return null
  }
}
