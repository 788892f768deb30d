import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Job } from '../domain/job.ts'
import type { CatalogueModel } from './catalogue.ts'

/** Finds the models of jobs in the catalogue. Each file is hashed once, before its first use. */
export class ModelResolver {
  readonly #catalogue: readonly CatalogueModel[]
  readonly #verified = new Map<CatalogueModel, Promise<CatalogueModel>>()

  constructor(catalogue: readonly CatalogueModel[]) {
    this.#catalogue = catalogue
  }

  get models(): readonly CatalogueModel[] {
    return this.#catalogue
  }

  /**
   * The model that a job asks for: the one with the sha256 of its `model`, else the one of that name, else the one named in the
   * params (`wanted`), else the workload's default. Rejects with `E_INPUT` when there is none or a hash differs.
   */
  async resolve(job: Job, wanted: string | null): Promise<CatalogueModel> {
    const candidates = this.#catalogue.filter(({ workload }) => workload === job.workload)
    return this.#verify(choose(job, wanted, candidates))
  }

  #verify(model: CatalogueModel): Promise<CatalogueModel> {
    const known = this.#verified.get(model)
    if (known !== undefined) return known
    const verifying = verifyFile(model)
    this.#verified.set(model, verifying)
    // A file that is mended is looked at again.
    verifying.catch(() => this.#verified.delete(model))
    return verifying
  }
}

function choose(job: Job, wanted: string | null, candidates: readonly CatalogueModel[]): CatalogueModel {
  const sha256 = job.model?.sha256 ?? null
  const name = job.model?.name ?? (sha256 === null && (job.model?.uri ?? null) === null ? wanted : null)
  const has = candidates.map((model) => model.name).join(', ') || 'none'

  if (name !== null) {
    const named = candidates.find((model) => model.name === name)
    if (named !== undefined && (sha256 === null || named.sha256 === sha256)) return named
    if (named !== undefined) {
      throw new JobFailureError('E_INPUT', `model ${name} has the sha256 ${named.sha256} here, not ${sha256}`)
    }
  }
  if (sha256 !== null) {
    const same = candidates.find((model) => model.sha256 === sha256)
    if (same !== undefined) return same
  }
  if (job.model?.uri != null) {
    throw new JobFailureError('E_INPUT', `model ${job.model.uri} is not here, and this version does not fetch models: it has ${has}`)
  }
  if (name !== null || sha256 !== null) {
    throw new JobFailureError('E_INPUT', `model ${name ?? sha256} is not here: this miner has ${has}`)
  }
  const fallback = candidates.find((model) => model.default)
  if (fallback === undefined) throw new JobFailureError('E_INPUT', `no default model for ${job.workload}: this miner has ${has}`)
  return fallback
}

async function verifyFile(model: CatalogueModel): Promise<CatalogueModel> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(model.path), hash)
  } catch (cause) {
    throw new JobFailureError('E_INPUT', `model ${model.name} cannot be read from ${model.file}: ${String(cause)}`, { cause })
  }
  const found = hash.digest('hex')
  if (found !== model.sha256) {
    throw new JobFailureError('E_INPUT', `model ${model.name} is damaged: its file has the sha256 ${found}, not ${model.sha256}`)
  }
  return model
}
