import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { buildOpenApiDocument } from '../src/protocol/openapi.ts'

/** Writes docs/openapi.json from the schemas of src/protocol; with --check, exits 1 when the file is out of date. */
const file = new URL('../docs/openapi.json', import.meta.url)
const text = `${JSON.stringify(buildOpenApiDocument(), null, 2)}\n`

if (process.argv.includes('--check')) {
  const current = await readFile(file, 'utf8').catch(() => '')
  if (current !== text) {
    process.stderr.write('docs/openapi.json does not match src/protocol; mend it with: npm run openapi\n')
    process.exitCode = 1
  }
} else {
  await mkdir(new URL('.', file), { recursive: true })
  await writeFile(file, text)
}
