import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Why a test that runs these programs must be left out: the names of those that this machine lacks; null where it has all. */
export function missingProgram(...names: readonly string[]): string | null {
  const missing = names.filter((name) => !isInstalled(name))
  return missing.length === 0 ? null : `needs ${missing.join(', ')}`
}

function isInstalled(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => canRun(join(folder, name)))
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
