import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineKind } from '../workloads/workload-table.ts'
import type { EngineSettings } from './child/engine-settings.ts'
import { childEnvironment } from './child-environment.ts'
import type { ChildCommand } from './engine-child.ts'
import { sandboxedCommand } from './sandbox/sandboxed-command.ts'
import type { SandboxSettings } from './sandbox/sandboxed-command.ts'

/** How children are started. */
export interface SpawnSettings {
  /** The runtime; usually `process.execPath`. */
  readonly execPath: string
  /** The child's program; usually `childEntry()`. */
  readonly entry: string
  /** The daemon's own environment, of which a child sees a few harmless names. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** A child that is not ready by then is given up. */
  readonly startTimeoutMs: number
  /** What a child may touch; null for all that its user may. */
  readonly sandbox: SandboxSettings | null
}

/** The program of the real engines, as a source or built. */
export function childEntry(): string {
  return fileURLToPath(new URL(`child/main${extname(import.meta.url)}`, import.meta.url))
}

/** The command line of a child; secrets never stand in it. */
export function childCommand(
  kind: EngineKind,
  spawn: SpawnSettings,
  settings: EngineSettings,
  visibility: Readonly<Record<string, string>>,
): ChildCommand {
  const command = {
    execPath: spawn.execPath,
    // A debugger, which that signal opens otherwise, would let every user of the machine in.
    args: ['--disable-sigusr1', spawn.entry, kind, JSON.stringify(settings)],
    environment: childEnvironment(kind, spawn.environment, visibility),
  }
  if (spawn.sandbox === null) return command
  const hasGpu = settings.backends.some((backend) => backend !== 'cpu')
  return sandboxedCommand(command, { kind, hasGpu }, spawn.sandbox)
}
