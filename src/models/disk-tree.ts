import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** None where there is no such folder. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Of all files below; 0 where there is no such folder. */
export function treeBytes(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
      (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
      0,
    )
  } catch {
    return 0
  }
}
