import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineKind } from '../../workloads/workload-table.ts'
import type { ChildCommand } from '../engine-child.ts'

/** What engines may touch beside their own program and what the system needs. */
export interface SandboxSettings {
  /** Whether an engine is rather not started than without one of the layers. */
  readonly isRequired: boolean
  /** Files and folders that they may read: models. */
  readonly read: readonly string[]
  /** The folder in which jobs have theirs. */
  readonly workRoot: string
  /** Where drivers keep what they have compiled; each kind of engine has a folder of its own in it. */
  readonly cacheDir: string
  /** Largest file that an engine for the processor may write. */
  readonly maxFileBytes: number
}

export interface SandboxedEngine {
  readonly kind: EngineKind
  readonly hasGpu: boolean
}

const ROOT = new URL('../../../', import.meta.url)
const LAUNCHER = new URL(`launch${extname(import.meta.url)}`, import.meta.url)

/** What the runtime must know to make system calls. */
const FFI_OPTION = '--experimental-ffi'

/** The command that starts the same program with less power. A runtime that cannot do that gets the command as it was, unless it must. */
export function sandboxedCommand(
  { execPath, args, environment }: ChildCommand,
  { kind, hasGpu }: SandboxedEngine,
  { isRequired, read, workRoot, cacheDir, maxFileBytes }: SandboxSettings,
): ChildCommand {
  if (!isRequired && !process.allowedNodeEnvironmentFlags.has(FFI_OPTION)) return { execPath, args, environment }
  const cache = join(cacheDir, kind)
  const readable = [...['src', 'node_modules', 'package.json'].map((name) => fileURLToPath(new URL(name, ROOT))), ...read]
  const options = [
    ...readable.flatMap((path) => ['--read', path]),
    ...[workRoot, cache].flatMap((path) => ['--work', path]),
    // Drivers of cards may keep memory in files without a name, of whatever size.
    ...(hasGpu ? ['--gpu'] : ['--file-bytes', String(maxFileBytes)]),
    ...(isRequired ? ['--required'] : []),
  ]
  return {
    execPath,
    args: [FFI_OPTION, '--disable-warning=ExperimentalWarning', fileURLToPath(LAUNCHER), ...options, '--', ...args],
    environment: { ...environment, HOME: cache, TMPDIR: workRoot },
  }
}
