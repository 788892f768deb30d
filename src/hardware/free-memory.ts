import { readFileSync } from 'node:fs'
import { freemem } from 'node:os'
import { join } from 'node:path'

export interface MemoryRoots {
  /** @default '/proc' */
  readonly proc?: string
  /** @default '/sys/fs/cgroup' */
  readonly cgroup?: string
}

const MIB = 2 ** 20

/**
 * Memory that a new engine could take now without anyone being pushed out, in MiB: what the kernel calls available, or less
 * where the control group of this process allows less. Files that the group has read stay in memory only until it is needed;
 * they count as free, unlike in `process.availableMemory()`, or each loaded model would seem to take its size twice.
 */
export function freeRamMb({ proc = '/proc', cgroup = '/sys/fs/cgroup' }: MemoryRoots = {}): number {
  const available = availableBytes(proc) ?? freemem()
  const allowed = groupBytes(proc, cgroup)
  return Math.max(0, Math.floor(Math.min(available, allowed) / MIB))
}

function availableBytes(proc: string): number | null {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(readText(join(proc, 'meminfo')) ?? '')?.[1]
  return kib === undefined ? null : Number(kib) * 1024
}

/** The tightest limit of the process's own group (version 2) and those around it; without any, no bound. */
function groupBytes(proc: string, root: string): number {
  const own = /^0::(\/.*)$/m.exec(readText(join(proc, 'self/cgroup')) ?? '')?.[1]
  if (own === undefined) return Infinity
  const names = own.split('/').filter((name) => name !== '' && name !== '..')
  const folders = [root, ...names.map((_, at) => join(root, ...names.slice(0, at + 1)))]
  return Math.min(...folders.map(freeInGroup))
}

function freeInGroup(folder: string): number {
  const limit = readText(join(folder, 'memory.max'))?.trim() ?? 'max'
  const used = readText(join(folder, 'memory.current'))?.trim()
  if (used === undefined || !/^\d+$/.test(limit)) return Infinity
  const cached = /^inactive_file (\d+)$/m.exec(readText(join(folder, 'memory.stat')) ?? '')?.[1] ?? '0'
  return Number(limit) - (Number(used) - Number(cached))
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}
