import { statSync } from 'node:fs'
import type { SandboxSettings } from './sandboxed-command.ts'

/**
 * What the rules of a running engine hold for. Landlock knows files and folders by what they are, not by their names: one that was
 * removed and made again since, such as a work folder that something tidied up, is closed to the engine.
 */
export class RuleTargets {
  readonly #roots: readonly string[]
  #known: ReadonlyMap<string, string | null> = new Map()

  constructor({ read, workRoot }: Pick<SandboxSettings, 'read' | 'workRoot'>) {
    this.#roots = [workRoot, ...read]
  }

  /** Notes what is there, for the engine that is about to be started. */
  note(): void {
    this.#known = new Map(this.#roots.map((path) => [path, identityOf(path)]))
  }

  /** Whether all that the rules say of these paths still holds. */
  holdFor(paths: readonly string[]): boolean {
    return this.#roots
      .filter((root) => paths.some((path) => isWithin(path, root) || isWithin(root, path)))
      .every((root) => this.#known.get(root) === identityOf(root))
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

/** Null for what is not there, or cannot be looked at. No number is used anew while an engine runs: its rules hold on to what was removed. */
function identityOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path)
    return `${dev} ${ino}`
  } catch {
    return null
  }
}
