/**
 * Makes package-lock.json fit for `npm ci` on any registry. npm drops an optional package from the lock file when the
 * registry does not have it (some mirrors lack builds for other systems), and then refuses the lock file for that very
 * gap. This adds an entry with the platform that the name tells, so that npm knows it has nothing to install here.
 * `npm run lock` runs it after npm; `--check` exits 1 when there is a gap.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { z } from 'zod'

const PackageSchema = z.looseObject({
  dev: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
})
const LockSchema = z.looseObject({ packages: z.record(z.string(), PackageSchema) })

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/darwin|\/mac-/, 'darwin'],
  [/win32|\/win-/, 'win32'],
  [/android/, 'android'],
  [/freebsd/, 'freebsd'],
  [/openharmony/, 'openharmony'],
  [/linux/, 'linux'],
]
const PROCESSORS: readonly (readonly [RegExp, string])[] = [
  [/riscv64/, 'riscv64'],
  [/ppc64/, 'ppc64'],
  [/s390x/, 's390x'],
  [/ia32/, 'ia32'],
  [/arm64/, 'arm64'],
  [/arm/, 'arm'],
  [/x64/, 'x64'],
]

function named(name: string, table: readonly (readonly [RegExp, string])[]): string {
  const found = table.find(([pattern]) => pattern.test(name))
  if (found === undefined) throw new Error(`the name of ${name} does not tell its platform: add it to scripts/complete-lock.ts`)
  return found[1]
}

function platformOf(name: string): { os: string[]; cpu: string[]; libc?: string[] } {
  const os = named(name, SYSTEMS)
  const platform = { os: [os], cpu: [named(name, PROCESSORS)] }
  if (os !== 'linux' || !/gnu|musl/.test(name)) return platform
  return { ...platform, libc: [name.includes('musl') ? 'musl' : 'glibc'] }
}

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } })
const lock = LockSchema.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')))
const packages = { ...lock.packages }
const gaps: string[] = []
for (const [path, { dev, optionalDependencies }] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    if (packages[`${path}/${place}`] !== undefined || packages[place] !== undefined) continue
    gaps.push(name)
    packages[place] = { version, ...(dev === true ? { dev } : {}), optional: true, ...platformOf(name) }
  }
}

if (gaps.length > 0 && !values.check) {
  const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync('package-lock.json', `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
}
process.stdout.write(`package-lock.json: ${gaps.length} optional packages ${values.check ? 'missing' : 'added'}\n`)
for (const gap of values.check ? gaps : []) process.stdout.write(`  ${gap}\n`)
process.exitCode = values.check && gaps.length > 0 ? 1 : 0
