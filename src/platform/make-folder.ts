import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and its missing parents, all with this mode; one that is there is left as it is. Throws the error of the
 * system. Not `mkdir` with `recursive`: on a file system that answers ENOENT to a name in its root, as /proc does, Node
 * tries that for ever.
 */
export function makeFolder(path: string, mode: number): void {
  const missing: string[] = []
  for (let at = path; !existsSync(at) && dirname(at) !== at; at = dirname(at)) missing.unshift(at)
  for (const folder of missing) mkdirSync(folder, { mode })
}
