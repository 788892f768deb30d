import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { nameOfPath } from './npm-lock.ts'
import type { NpmLock } from './npm-lock.ts'

const ReviewedSchema = z.array(z.strictObject({ name: z.string(), script: z.string(), whyNotNeeded: z.string().min(20) }))
const ManifestSchema = z.object({ scripts: z.record(z.string(), z.string()).optional() })
const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall'] as const

/** A package that brings a script for its installation, and why we do without it. */
export type ReviewedScript = z.infer<typeof ReviewedSchema>[number]

/** Reads the list of reviewed scripts. Throws when it is not one. */
export function readReviewedScripts(path: string): readonly ReviewedScript[] {
  return ReviewedSchema.parse(JSON.parse(readFileSync(path, 'utf8')))
}

/**
 * What is wrong with the rule that nothing runs at install time, a sentence for each fault: npm must be told so, and every package
 * that brings a script must have been looked at, with that very script. `root` is the folder that node_modules lies in: the manifests
 * of the packages there are read as well, since the lock file only repeats what the registry says.
 */
export function installScriptFaults(
  lock: NpmLock,
  reviewed: readonly ReviewedScript[],
  { npmrc, root }: { readonly npmrc: string; readonly root: string },
): readonly string[] {
  const faults = npmSetting(npmrc, 'ignore-scripts') === 'true' ? [] : ['.npmrc must say ignore-scripts=true']
  const known = new Map(reviewed.map((entry) => [entry.name, entry]))
  const found = new Set<string>()
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '' || entry.link === true) continue
    const script = installedScript(join(root, path))
    if (script === null && entry.hasInstallScript !== true) continue
    const name = nameOfPath(path)
    found.add(name)
    const review = known.get(name)
    if (review === undefined) {
      faults.push(`${path} brings an install script${script === null ? '' : ` (${script})`} that nobody has reviewed`)
    } else if (script !== null && script !== review.script) {
      faults.push(`${path} brings another install script than the one reviewed: ${script}, not ${review.script}`)
    }
  }
  const gone = reviewed.filter(({ name }) => !found.has(name))
  return [...faults, ...gone.map(({ name }) => `${name} brings no install script any more: take it from the list`)]
}

/** The script that npm would run, null where there is none or the package is not installed. */
function installedScript(folder: string): string | null {
  const manifest = readIfThere(join(folder, 'package.json'))
  if (manifest === null) return null
  const { scripts = {} } = ManifestSchema.parse(JSON.parse(manifest))
  const own = INSTALL_SCRIPTS.flatMap((name) => scripts[name] ?? [])
  // npm builds such a package without being told to.
  if (own.length === 0 && readIfThere(join(folder, 'binding.gyp')) !== null) return 'node-gyp rebuild'
  return own.length === 0 ? null : own.join('; ')
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

/** The value of a setting in a file of npm's; as in npm, the last line that sets it decides. */
function npmSetting(npmrc: string, key: string): string | undefined {
  const pattern = new RegExp(`^\\s*${key}\\s*=\\s*(.*?)\\s*$`)
  return npmrc
    .split('\n')
    .flatMap((line) => pattern.exec(line)?.[1] ?? [])
    .at(-1)
}
