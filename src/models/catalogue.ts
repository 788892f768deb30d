import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { errorCode } from '../domain/error-code.ts'
import type { ModelFormat } from '../domain/models.ts'
import { AitbcError } from '../domain/errors.ts'
import { entriesProblem, listingProblem } from './catalogue-checks.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/, 'must be a sha256 in lower-case hex')
/** Relative, downwards only: it becomes a path in the store. */
const innerPath = z
  .string()
  .regex(/^(?!.*(?:^|\/)\.{1,2}(?:\/|$))[A-Za-z0-9_.@+=-]+(?:\/[A-Za-z0-9_.@+=-]+)*$/, 'must be a relative path')
const place = { file: z.string().min(1).optional(), uri: z.string().min(1).optional() }
const part = z
  .strictObject({ path: innerPath, sha256: hash, bytes: z.int().positive(), ...place })
  .refine(({ file, uri }) => (file === undefined) !== (uri === undefined), { error: 'needs one of file and uri' })

const entry = z
  .strictObject({
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}$/, 'must be a name of letters, digits and . _ : / -'),
    workload: z.enum(['llm_gen', 'sd_infer', 'onnx_infer']),
    sha256: hash,
    bytes: z.int().positive(),
    licence: z.string().min(1),
    contextTokens: z.int().positive().optional(),
    memoryMb: z.number().positive().optional(),
    default: z.boolean().optional(),
    ...place,
    files: z.array(part).min(1).optional(),
  })
  .refine((model) => [model.file, model.uri, model.files].filter((given) => given !== undefined).length === 1, {
    error: 'needs one of file, uri and files',
  })
  .check(({ value, issues }) => {
    const message = listingProblem(value)
    if (message !== null) issues.push({ code: 'custom', message, input: value })
  })

const catalogueFile = z.strictObject({
  models: z.array(entry).check(({ value, issues }) => {
    const message = entriesProblem(value)
    if (message !== null) issues.push({ code: 'custom', message, input: value })
  }),
})

/** Where one file of a model comes from. */
export type FilePlace = { readonly kind: 'local'; readonly path: string } | { readonly kind: 'uri'; readonly uri: string }

export interface CatalogueFile {
  /** Its name in the model's folder. */
  readonly path: string
  readonly sha256: string
  readonly bytes: number
  readonly place: FilePlace
}

/** A model by name, as this machine's catalogues tell it. */
export interface CatalogueModel {
  readonly name: string
  readonly workload: string
  readonly format: ModelFormat
  /** Of the file, or of the listing of several (`ModelFiles` tells how). */
  readonly sha256: string
  readonly bytes: number
  readonly licence: string
  readonly files: readonly CatalogueFile[]
  /** True when `files` are all of them; false when the one there may bring others with it, by its own telling. */
  readonly isListed: boolean
  readonly contextTokens: number | null
  readonly memoryMb: number | null
  /** True for the one that a job of this workload gets when it names none. */
  readonly isDefault: boolean
}

const FORMATS = { llm_gen: 'gguf', sd_infer: 'diffusers', onnx_infer: 'onnx' } as const satisfies Record<string, ModelFormat>

/**
 * Reads a catalogue. Rejects with `AITBC_CONFIG` that names file and place when it is not JSON or does not fit, and with the
 * system's error when it cannot be read.
 */
export async function readCatalogue(path: string): Promise<readonly CatalogueModel[]> {
  return (await readEntries(path)).map((model) => toModel(model, dirname(path)))
}

type Entry = z.infer<typeof entry>

async function readEntries(path: string): Promise<readonly Entry[]> {
  const text = await readFile(path, 'utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new AitbcError('AITBC_CONFIG', `the catalogue ${path} is no JSON: ${String(cause)}`, { cause })
  }
  const parsed = catalogueFile.safeParse(json)
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the whole'}: ${issue.message}`)
    throw new AitbcError('AITBC_CONFIG', `the catalogue ${path} has errors: ${problems.join('; ')}`)
  }
  return parsed.data.models
}

/** Reads the operator's catalogue, which need not be there, and lays it over the bundled one: its entries go first. */
export async function readCatalogues(bundled: string, operators: string | null): Promise<readonly CatalogueModel[]> {
  const own = await readCatalogue(bundled)
  if (operators === null) return own
  try {
    return layOver(own, await readEntries(operators), dirname(operators))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return own
    throw error
  }
}

function layOver(own: readonly CatalogueModel[], entries: readonly Entry[], folder: string): readonly CatalogueModel[] {
  const first = entries.map((each) => {
    const model = toModel(each, folder)
    const replaced = own.find(({ name, workload }) => name === model.name && workload === model.workload)
    const hasOther = entries.some(({ workload, default: isDefault }) => workload === model.workload && isDefault === true)
    // In the place of the default it is the default, unless the operator says which else, or that it is not.
    return each.default === undefined && replaced?.isDefault === true && !hasOther ? { ...model, isDefault: true } : model
  })
  const names = new Set(first.map(({ name }) => name))
  return [...first, ...own.filter(({ name }) => !names.has(name))]
}

function toModel(model: Entry, folder: string): CatalogueModel {
  const { name, workload, sha256, bytes, licence, contextTokens, memoryMb } = model
  const files = model.files ?? [
    { path: lastName(model.file ?? model.uri ?? name), sha256, bytes, file: model.file, uri: model.uri },
  ]
  return {
    name,
    workload,
    format: FORMATS[workload],
    sha256,
    bytes,
    licence,
    files: files.map((each) => ({ path: each.path, sha256: each.sha256, bytes: each.bytes, place: placeOf(each, folder) })),
    isListed: model.files !== undefined,
    contextTokens: contextTokens ?? null,
    memoryMb: memoryMb ?? null,
    isDefault: model.default ?? false,
  }
}

function placeOf({ file, uri }: { file?: string | undefined; uri?: string | undefined }, folder: string): FilePlace {
  return file === undefined ? { kind: 'uri', uri: uri ?? '' } : { kind: 'local', path: resolve(folder, file) }
}

function lastName(path: string): string {
  const name =
    path
      .replace(/[?#].*$/s, '')
      .replace(/^(hf:[^@]*)@.*$/s, '$1')
      .split('/')
      .at(-1) ?? ''
  return /^[A-Za-z0-9_.+=-]+$/.test(name) && !/^\.+$/.test(name) ? name : 'model'
}
