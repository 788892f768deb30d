import { readFileSync } from 'node:fs'

/** Clock ticks a second in /proc, the same on every Linux that Node runs on. */
const TICKS_PER_S = 100

/**
 * Memory in MB and processor time in seconds of a process, itself alone. `rssMb` counts the pages of the Node program that
 * it shares with every other Node process; `ownMb` is what nobody else uses.
 */
export function usageOf(pid: number): { readonly rssMb: number; readonly ownMb: number; readonly cpuS: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const rssKb = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1])
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // After the command name in parentheses: field 14 and 15 of the whole line are user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ownKb = Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1])
  return { rssMb: rssKb / 1024, ownMb: ownKb / 1024, cpuS: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S }
}
