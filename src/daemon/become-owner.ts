import { statSync } from 'node:fs'

/**
 * Makes root the user that the first of these folders that is there belongs to, with its group alone and for good: what a command of
 * root's writes there is then the miner's to read, use and remove. Nothing changes for others, and where the folder is root's own.
 */
export function becomeOwner(folders: readonly string[]): void {
  if (process.geteuid?.() !== 0) return
  const owner = folders.map((folder) => statSync(folder, { throwIfNoEntry: false })).find((found) => found !== undefined)
  if (owner === undefined || owner.uid === 0) return
  process.setgroups?.([owner.gid])
  process.setgid?.(owner.gid)
  process.setuid?.(owner.uid)
  process.chdir('/')
}
