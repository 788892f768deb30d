import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'

const catalogueFile = z.object({
  models: z.array(
    z.object({
      name: z.string().min(1),
      /** Relative to the catalogue. */
      file: z.string().min(1),
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().positive(),
      workload: z.string().min(1),
      licence: z.string().min(1),
      contextTokens: z.int().positive().nullable(),
      /** True for the one that a job of this workload gets when it names none. */
      default: z.boolean(),
    }),
  ),
})

/** A model that comes with the miner. */
export type CatalogueModel = Readonly<z.infer<typeof catalogueFile>['models'][number]> & {
  /** Absolute when the catalogue's path was. */
  readonly path: string
}

/** Reads a `catalogue.json`. Rejects when it is not there or does not fit: it is part of the program. */
export async function readCatalogue(path: string): Promise<readonly CatalogueModel[]> {
  const { models } = catalogueFile.parse(JSON.parse(await readFile(path, 'utf8')))
  return models.map((model) => ({ ...model, path: join(dirname(path), model.file) }))
}
