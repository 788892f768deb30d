import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelFiles } from '../domain/models.ts'
import type { CatalogueModel } from './catalogue.ts'
import { leftOutFiles } from './left-out-files.ts'

/** Whether all files of a catalogue's model lie on this machine. */
export function isLocal(model: CatalogueModel): boolean {
  return model.files.every(({ place }) => place.kind === 'local')
}

/** Models that are used where they lie. Each file is hashed before its first use, and again when it has changed. */
export class LocalModels {
  readonly #verified = new Map<string, Promise<void>>()
  readonly #complete = new Set<string>()

  /** Rejects with `E_INPUT` when a file cannot be read or is not what the catalogue says. */
  async resolve(model: CatalogueModel): Promise<ModelFiles> {
    const paths = await Promise.all(model.files.map((file) => this.#check(model, file)))
    const { name, sha256, format, bytes, contextTokens, memoryMb } = model
    await this.#checkComplete(model, paths)
    return { name, sha256, format, path: rootOf(model, paths), bytes, contextTokens, memoryMb }
  }

  /** Files that are not listed would be loaded unseen, and a proof would not tell of them. */
  async #checkComplete({ name, format, sha256 }: CatalogueModel, paths: readonly string[]): Promise<void> {
    const key = [sha256, ...paths].join(' ')
    if (this.#complete.has(key)) return
    const [leftOut] = await leftOutFiles(format, paths, name)
    if (leftOut !== undefined) {
      const what = `the catalogue's entry of model ${name} leaves out ${leftOut}, which the model is loaded with`
      throw new JobFailureError('E_INPUT', `${what}: list all its files, each with its sha256, under "files"`)
    }
    this.#complete.add(key)
  }

  async #check(model: CatalogueModel, { sha256, place }: CatalogueModel['files'][number]): Promise<string> {
    if (place.kind !== 'local') throw new JobFailureError('E_INPUT', `model ${model.name} lies on this machine only in part`)
    const { path } = place
    try {
      const { size, mtimeMs } = await stat(path)
      const key = `${path} ${size} ${mtimeMs} ${sha256}`
      const known = this.#verified.get(key) ?? verify(path, sha256)
      this.#verified.set(key, known)
      known.catch(() => this.#verified.delete(key))
      await known
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new JobFailureError('E_INPUT', `model ${model.name} cannot be used on this miner: ${reason}`, { cause })
    }
    return path
  }
}

async function verify(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  const found = hash.digest('hex')
  if (found !== sha256) throw new Error(`${path} is damaged: it has the sha256 ${found}, not ${sha256}`)
}

/** What to load: the file, or the folder below which all files have the paths that the catalogue gives them. */
function rootOf({ name, format, files }: CatalogueModel, paths: readonly string[]): string {
  const [first = ''] = paths
  if (format !== 'diffusers') return first
  const roots = new Set(
    files.map(({ path }, at) => (paths[at]?.endsWith(`/${path}`) === true ? paths[at]?.slice(0, -path.length - 1) : undefined)),
  )
  const [root] = roots
  if (roots.size !== 1 || root === undefined) {
    throw new JobFailureError(
      'E_INPUT',
      `the files of model ${name} do not lie in one folder under the paths that the catalogue gives them`,
    )
  }
  return root
}
