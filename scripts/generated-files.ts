import { readFileSync, writeFileSync } from 'node:fs'

const ROOT = new URL('../', import.meta.url)

/** The text of files that are written by a program, by their paths from the root of the project. */
export type GeneratedFiles = ReadonlyMap<string, string>

/** Paths whose text on disk is another; `read` gives null for a file that is not there. */
export function outdated(files: GeneratedFiles, read: (path: string) => string | null = readFromRoot): string[] {
  return [...files].filter(([path, text]) => read(path) !== text).map(([path]) => path)
}

/** Writes the files or, with `--check` on the command line, says which differ from their `source` and has the process end with 1. */
export function writeOrCheck(files: GeneratedFiles, source: string, mend: string): void {
  const paths = outdated(files)
  if (process.argv.includes('--check')) {
    for (const path of paths) process.stderr.write(`${path} differs from ${source}; run: ${mend}\n`)
    process.exitCode = paths.length === 0 ? 0 : 1
  } else {
    for (const path of paths) writeFileSync(new URL(path, ROOT), files.get(path) ?? '')
    process.stdout.write(paths.length === 0 ? 'nothing to write\n' : `wrote ${paths.join(', ')}\n`)
  }
}

function readFromRoot(path: string): string | null {
  try {
    return readFileSync(new URL(path, ROOT), 'utf8')
  } catch {
    return null
  }
}
