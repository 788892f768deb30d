import { readFile } from 'node:fs/promises'
import { Spec, Validation } from '@cyclonedx/cyclonedx-library'

/** Throws when a file is not what the schema of CycloneDX 1.6 says, with the first places where it is not. */
export async function checkSbom(path: string): Promise<void> {
  const complaint: unknown = await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(await readFile(path, 'utf8'))
  if (complaint === null) return
  throw new Error(`${path} does not fit the schema of CycloneDX 1.6: ${JSON.stringify(complaint).slice(0, 2000)}`)
}
