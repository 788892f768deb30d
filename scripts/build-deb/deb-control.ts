import { readFileSync } from 'node:fs'

/** What stands in the places of a control file that only the build knows. */
export interface ControlFacts {
  readonly version: string
  readonly architecture: string
  readonly installedKib: number
}

/** Fills `@VERSION@`, `@ARCHITECTURE@` and `@INSTALLED_SIZE@` in. Throws where another place is left. */
export function debControl(templatePath: string, { version, architecture, installedKib }: ControlFacts): string {
  const text = readFileSync(templatePath, 'utf8')
    .replaceAll('@VERSION@', version)
    .replaceAll('@ARCHITECTURE@', architecture)
    .replaceAll('@INSTALLED_SIZE@', String(installedKib))
  const [left] = /@[A-Z_]+@/.exec(text) ?? []
  if (left !== undefined) throw new Error(`${templatePath}: the build knows nothing to put in the place of ${left}`)
  return text
}
