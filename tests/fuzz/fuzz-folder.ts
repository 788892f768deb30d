import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder for the files of a target, to be removed when it is closed. */
export function fuzzFolder(): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'aitbc-fuzz-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
