import { readFileSync } from 'node:fs'
import { z } from 'zod'

const CATALOGUE = 'models/catalogue.json'

const ModelSchema = z.object({
  name: z.string(),
  licence: z.string(),
  sha256: z.string(),
  file: z.string().optional(),
  files: z.array(z.object({ file: z.string().optional() })).optional(),
})

/** A model that comes with the miner. */
export interface EmbeddedModel {
  readonly name: string
  readonly licence: string
  /** Of its file, or of the listing of its files: the one that a job names it by. */
  readonly sha256: string
  /** From the root of the checkout, `models/…`. */
  readonly files: readonly string[]
}

/** The models of the catalogue that are in the checkout and the package; the others are fetched by those who run them. */
export function embeddedModels(): readonly EmbeddedModel[] {
  const { models } = z.object({ models: z.array(ModelSchema) }).parse(JSON.parse(readFileSync(CATALOGUE, 'utf8')))
  return models.flatMap(({ name, licence, sha256, file, files }) => {
    const paths = (files ?? [{ file }]).flatMap((entry) => (entry.file === undefined ? [] : [`models/${entry.file}`]))
    return paths.length === 0 ? [] : [{ name, licence, sha256, files: paths }]
  })
}
