import { mkdirSync, rmdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { errorCode } from '../../domain/error-code.ts'
import { failed, good } from './finding.ts'
import type { Finding } from './finding.ts'
import { reasonOf } from './system-error.ts'
import type { Viewpoint } from './viewpoint.ts'

export interface NamedFolder {
  /** The setting that names it. */
  readonly key: string
  readonly path: string
}

/** Whether the folder can be written to, by making something in it and removing it; or whether a missing folder can be made. */
export function probeFolder({ key, path }: NamedFolder, { user }: Viewpoint): Finding {
  const remedy = `install -d -o ${user} -m 750 ${path}, or set ${key}`
  try {
    if (!statSync(path).isDirectory()) return failed(`${path} is no folder`, `remove it, or set ${key}`)
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') return failed(`${path} cannot be looked at: ${reasonOf(error)}`, remedy)
    const reason = whyNotWritable(nearestFolder(path))
    return reason === null
      ? good(`${path} is not there yet: the miner makes it`)
      : failed(`${path} is not there, and ${user} cannot make it: ${reason}`, remedy)
  }
  const reason = whyNotWritable(path)
  if (reason === null) return good(`${path} can be written to`)
  const advice = reason === 'permission denied' ? `chown -R ${user}: ${path}, or set ${key}` : `mend the disk, or set ${key}`
  return failed(`${user} cannot write to ${path}: ${reason}`, advice)
}

/** The folder itself, or the closest one above that is there and can be seen. */
export function nearestFolder(path: string): string {
  for (let at = path; ; at = dirname(at)) {
    if (at === dirname(at) || isFolder(at)) return at
  }
}

/** Tries it with a folder that is removed at once; null when that went well. */
function whyNotWritable(folder: string): string | null {
  const probe = join(folder, `.aitbc-doctor-${process.pid}`)
  try {
    mkdirSync(probe)
    rmdirSync(probe)
    return null
  } catch (error) {
    return reasonOf(error)
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory()
  } catch {
    return false
  }
}
