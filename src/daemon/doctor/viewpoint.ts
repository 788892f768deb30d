import { execFileSync } from 'node:child_process'
import { userInfo } from 'node:os'
import { AitbcError } from '../../domain/errors.ts'

/** The user that the package makes for the service. */
export const SERVICE_USER = 'aitbc-miner'

/** As whom the doctor looks at files and devices. */
export interface Viewpoint {
  readonly user: string
  /**
   * service: as the service does, or as the user that was named; root: as root, since there is no such user, or by wish; other: as somebody who may see less
   * than the service, or more.
   */
  readonly kind: 'service' | 'root' | 'other'
}

/**
 * Becomes the user of the service, with its groups and for good, so that what is then seen of files, devices and engines is what the
 * service sees. Only root can do so; for others, and where there is no such user, nothing changes. Throws
 * `AITBC_USAGE` when a user that was named cannot be had.
 */
export function takeViewpoint(user: string | null): Viewpoint {
  const own = userInfo().username
  if (own === (user ?? SERVICE_USER)) return { user: own, kind: own === 'root' ? 'root' : 'service' }
  if (process.geteuid?.() !== 0) {
    if (user !== null) throw new AitbcError('AITBC_USAGE', `only root can look as the user ${user}; run it with sudo`)
    return { user: own, kind: 'other' }
  }
  const name = user ?? SERVICE_USER
  const groups = groupsOf(name)
  const [primary] = groups
  if (primary === undefined && user === null) return { user: own, kind: 'root' }
  if (primary === undefined)
    throw new AitbcError('AITBC_USAGE', `there is no user ${user} on this machine; name the one that the miner runs as`)
  process.setgroups?.(groups)
  process.setgid?.(primary)
  process.setuid?.(name)
  process.chdir('/')
  return { user: name, kind: 'service' }
}

/** Numbers of the user's groups, the primary one first; none when there is no such user. */
function groupsOf(user: string): number[] {
  const ask = (option: string): number[] =>
    execFileSync('id', [option, '--', user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .trim()
      .split(' ')
      .map(Number)
  try {
    return [...new Set([...ask('-g'), ...ask('-G')])]
  } catch {
    return []
  }
}
