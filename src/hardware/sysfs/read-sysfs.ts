import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The text of a sysfs file without its newline; null when it is absent, unreadable or the device does not answer. */
export async function readSysfsText(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch {
    return null
  }
}

/** The whole number in a sysfs file; null when there is none. */
export async function readSysfsNumber(path: string): Promise<number | null> {
  const text = await readSysfsText(path)
  if (text === null || !/^-?\d+$/.test(text)) return null
  const value = Number(text)
  return Number.isSafeInteger(value) ? value : null
}

/** The paths of a folder's entries, in the order of their names; none when there is no such folder. */
export async function listSysfs(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).toSorted().map((name) => join(folder, name))
  } catch {
    return []
  }
}
