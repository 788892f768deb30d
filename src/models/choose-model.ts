import { pathToFileURL } from 'node:url'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelFormat, ModelRequest } from '../domain/models.ts'
import type { CatalogueModel } from './catalogue.ts'
import { isLocal } from './local-model.ts'
import type { WantedModel } from './model-fetch.ts'
import type { StoreFolder } from './store-folder.ts'

export type ModelChoice =
  | { readonly kind: 'local'; readonly model: CatalogueModel }
  | {
      readonly kind: 'stored'
      readonly wanted: WantedModel
      /** It may come from wherever the operator says. */
      readonly isOperators: boolean
      /** What the catalogue knows beyond the files. */
      readonly facts: { readonly contextTokens: number | null; readonly memoryMb: number | null }
    }

const FORMATS: Readonly<Record<string, ModelFormat>> = { llm_gen: 'gguf', sd_infer: 'diffusers', onnx_infer: 'onnx' }

/**
 * Which model a job asks for: the one with the sha256 of its `model`, else the one of that name, else the one named in the params
 * (`wanted`), else the workload's default; one that is not known is fetched from its `uri`. Throws `E_INPUT`.
 */
export function chooseModel(
  request: ModelRequest,
  catalogue: readonly CatalogueModel[],
  folder: Pick<StoreFolder, 'find'>,
): ModelChoice {
  const { workload, model } = request
  const candidates = catalogue.filter((entry) => entry.workload === workload)
  const sha256 = model?.sha256 ?? null
  const uri = model?.uri ?? null
  const name = model?.name ?? (sha256 === null && uri === null ? request.wanted : null)

  const named = name === null ? undefined : candidates.find((entry) => entry.name === name)
  if (named !== undefined && sha256 !== null && named.sha256 !== sha256 && uri === null) {
    throw new JobFailureError('E_INPUT', `model ${name} has the sha256 ${named.sha256} here, not ${sha256}`)
  }
  const known = sha256 === null ? named : candidates.find((entry) => entry.sha256 === sha256)
  if (known !== undefined) return ofCatalogue(known)
  const format = FORMATS[workload]
  if (format === undefined) throw new JobFailureError('E_INPUT', `${workload} takes no model`)
  const facts = { contextTokens: null, memoryMb: null }
  if (sha256 !== null) {
    const stored = folder.find(sha256)
    const label = name ?? stored?.name ?? nameOf(uri) ?? sha256
    const wanted = { name: label, workload, format, sha256, bytes: model?.bytes ?? null, uri: uri ?? '', files: null }
    if (uri !== null || stored !== null) return { kind: 'stored', wanted, isOperators: false, facts }
  }
  if (uri !== null) {
    throw new JobFailureError(
      'E_INPUT',
      `model ${uri} comes without its sha256, so a proof would not tell which model it was: send it along`,
    )
  }
  const has = candidates.map((entry) => entry.name).join(', ') || 'none'
  if (name !== null || sha256 !== null)
    throw new JobFailureError('E_INPUT', `model ${name ?? sha256} is not here: this miner has ${has}`)
  const fallback = candidates.find((entry) => entry.isDefault)
  if (fallback === undefined) throw new JobFailureError('E_INPUT', `no default model for ${workload}: this miner has ${has}`)
  return ofCatalogue(fallback)
}

function ofCatalogue(model: CatalogueModel): ModelChoice {
  if (isLocal(model)) return { kind: 'local', model }
  const { contextTokens, memoryMb } = model
  return { kind: 'stored', wanted: wantedOf(model), isOperators: true, facts: { contextTokens, memoryMb } }
}

/** A catalogue's model, for fetching. One that is named by its first file may bring others with it; those that are listed are all. */
export function wantedOf(model: CatalogueModel): WantedModel {
  const { name, workload, format, sha256, bytes, files } = model
  const listed = files.map((file) => ({
    path: file.path,
    uri: file.place.kind === 'uri' ? file.place.uri : pathToFileURL(file.place.path).href,
    sha256: file.sha256,
    bytes: file.bytes,
    isOptional: false,
  }))
  return { name, workload, format, sha256, bytes, uri: listed[0]?.uri ?? '', files: model.isListed ? listed : null }
}

/** The last name of an address, for people to read: without revision, query or fragment. */
function nameOf(uri: string | null): string | null {
  const name =
    uri
      ?.replace(/[?#].*$/s, '')
      .replace(/^(hf:[^@]*)@.*$/s, '$1')
      .split('/')
      .at(-1) ?? ''
  return name === '' ? null : name.slice(0, 200)
}
