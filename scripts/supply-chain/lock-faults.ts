import { nameOfPath } from './npm-lock.ts'
import type { LockEntry, NpmLock } from './npm-lock.ts'

const REGISTRY = 'https://registry.npmjs.org/'
const SHA512 = /^sha512-[A-Za-z0-9+/]{86}==$/
const EXACT = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/
/** Stands for packages that a checkout leaves out, by `overrides` in package.json. It is empty. */
const OMITTED = '/packaging/npm/omitted'

/**
 * What is wrong with a lock file, a sentence for each fault; none when `npm ci` on a supported platform can install nothing but
 * what was locked: every package comes from the registry, is checked against a SHA-512 hash, and goes by its own name.
 * An entry without `resolved` is taken from the registry that npm is set up for, by name and version.
 */
export function lockFaults(lock: NpmLock): readonly string[] {
  const faults = Object.entries(lock.packages).flatMap(([path, entry]) => (path === '' ? [] : entryFaults(path, entry)))
  // Earlier versions do not record a hash for every package.
  if (lock.lockfileVersion === 3) return faults
  return [`the lock file has version ${lock.lockfileVersion}, not 3: write it with a newer npm`, ...faults]
}

function entryFaults(path: string, entry: LockEntry): readonly string[] {
  const { version = 'no version', resolved, integrity, name } = entry
  if (path.endsWith(OMITTED)) {
    return version === 'no version' && resolved === undefined ? [] : [`${path} must be the empty package of ${OMITTED}`]
  }
  if (entry.link === true) {
    const isOmitted = resolved?.endsWith(OMITTED) === true && !resolved.startsWith('.') && !resolved.startsWith('/')
    return isOmitted ? [] : [`${path} is a link to ${resolved}: only ${OMITTED} may be linked`]
  }
  const faults: string[] = []
  if (!EXACT.test(version)) faults.push(`${path} has ${version} for a version: it must be one of the registry`)
  if (name !== undefined && name !== nameOfPath(path)) faults.push(`${path} is another package, ${name}, under a borrowed name`)
  if (resolved !== undefined && !resolved.startsWith(`${REGISTRY}${nameOfPath(path)}/-/`)) {
    faults.push(`${path} comes from ${resolved}, which is not its place in the registry ${REGISTRY}`)
  }
  if (!isHashed(entry)) {
    faults.push(
      `${path}@${version} has ${integrity === undefined ? 'no hash' : `the hash ${integrity}`}: it must be SHA-512; run npm run lock`,
    )
  }
  return faults
}

/** A part of another package's tarball is covered by that one's hash; what no supported platform installs needs none. */
function isHashed(entry: LockEntry): boolean {
  if (entry.integrity !== undefined) return SHA512.test(entry.integrity)
  return entry.inBundle === true || (entry.optional === true && !isForSupportedPlatform(entry))
}

function isForSupportedPlatform({ os, cpu, libc }: LockEntry): boolean {
  return allows(os, 'linux') && (allows(cpu, 'x64') || allows(cpu, 'arm64')) && allows(libc, 'glibc')
}

/** Lists what a package is for, or, with `!` before each, what it is not for. */
function allows(list: readonly string[] | undefined, platform: string): boolean {
  if (list === undefined || list.includes(platform)) return true
  return list.some((entry) => entry.startsWith('!')) && !list.includes(`!${platform}`)
}
