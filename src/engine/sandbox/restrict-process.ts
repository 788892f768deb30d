import { mkdirSync, openSync } from 'node:fs'
import { KernelCallError, KernelCalls, addressOf } from './kernel-calls.ts'
import { O_PATH, enforceLandlock } from './landlock.ts'
import type { PathRule } from './landlock.ts'
import { hasSignalScope } from './landlock-rights.ts'
import { seccompFilter } from './seccomp-filter.ts'
import { knownArchitecture } from './syscall-numbers.ts'
import { systemPaths } from './system-paths.ts'

const F_SETFD = 2
const PR_SET_SECCOMP = 22
const SECCOMP_MODE_FILTER = 2
const PR_SET_NO_NEW_PRIVS = 38
const FILTER_INSTRUCTION_BYTES = 8
const RLIMIT_FSIZE = 1

/** Itself, as the kernel shows it. */
const OWN_FACTS = '/proc/self'

export interface Restrictions {
  readonly read: readonly string[]
  /** Folders that it may write to; made where they are missing. */
  readonly work: readonly string[]
  readonly hasGpu: boolean
  /** Largest file that it may write; null for any. Node makes an error of it (`EFBIG`), not a signal. */
  readonly maxFileBytes: number | null
  readonly maxLandlockAbi: number
  /** Descriptors that the next program is to have, beside the first three. */
  readonly keptDescriptors: readonly number[]
}

/** What holds the process now. */
export interface SandboxLayers {
  /** Version of Landlock; null where this kernel has none. */
  readonly landlockAbi: number | null
  readonly hasSeccomp: boolean
}

/**
 * Takes from this thread, and from the program that it becomes by `execve`, what the restrictions do not leave it; other threads
 * keep it until then. What the kernel cannot do is left out. Throws for what it can do and refused.
 */
export function restrictProcess({
  read,
  work,
  hasGpu,
  maxFileBytes,
  maxLandlockAbi,
  keptDescriptors,
}: Restrictions): SandboxLayers {
  const architecture = knownArchitecture(process.arch)
  if (architecture === null) return { landlockAbi: null, hasSeccomp: false }
  const kernel = new KernelCalls(architecture)
  for (const path of work) makeFolder(path)
  const rules: PathRule[] = [
    { path: process.execPath, use: 'execute' },
    ...read.map((path): PathRule => ({ path, use: 'read' })),
    ...work.map((path): PathRule => ({ path, use: 'work' })),
    ...systemPaths(hasGpu, process.env),
    { path: OWN_FACTS, use: 'read' },
  ]
  // The rule holds for this one folder object, which the kernel may drop and make anew unless somebody keeps it open.
  const ownFacts = openSync(OWN_FACTS, O_PATH)
  for (const descriptor of [...keptDescriptors, ownFacts]) kernel.call('fcntl', descriptor, F_SETFD, 0)
  if (maxFileBytes !== null) limitFiles(kernel, maxFileBytes)
  kernel.call('prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
  const landlockAbi = enforceLandlock(kernel, { rules, maxAbi: maxLandlockAbi })
  const filter = seccompFilter({ architecture, pid: process.pid, hasSignalScope: hasSignalScope(landlockAbi) })
  return { landlockAbi, hasSeccomp: enforceFilter(kernel, filter) }
}

/** On a disk that cannot be written it is missing from the rules. */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch {
    // What needs it will say so by itself.
  }
}

/** For this process and all that come from it, for good. A stricter limit of the service's stays: it cannot be raised. */
function limitFiles(kernel: KernelCalls, maxBytes: number): void {
  const limits = new BigUint64Array(2)
  const memory = new Uint8Array(limits.buffer)
  kernel.call('prlimit64', 0, RLIMIT_FSIZE, 0, memory)
  const [, hardest = 0n] = limits
  limits.fill(hardest < BigInt(maxBytes) ? hardest : BigInt(maxBytes))
  kernel.call('prlimit64', 0, RLIMIT_FSIZE, memory, 0)
}

/** False where the kernel was built without filters. */
function enforceFilter(kernel: KernelCalls, filter: Uint8Array<ArrayBuffer>): boolean {
  const program = new DataView(new ArrayBuffer(16))
  program.setUint16(0, filter.length / FILTER_INSTRUCTION_BYTES, true)
  program.setBigUint64(8, addressOf(filter), true)
  try {
    kernel.call('prctl', PR_SET_SECCOMP, SECCOMP_MODE_FILTER, new Uint8Array(program.buffer))
    return true
  } catch (error) {
    if (error instanceof KernelCallError && error.code === 'EINVAL') return false
    throw error
  }
}
