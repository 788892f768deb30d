import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { ModelFormat } from '../domain/models.ts'
import { furtherFiles } from './model-layout.ts'
import { externalDataFiles } from './onnx-external-data.ts'

/**
 * Files on this machine that a model would be loaded with, by its own telling, and that are not among `paths`, the first of which is
 * what is loaded. Rejects with `E_INPUT` when that is no model of its kind.
 */
export async function leftOutFiles(format: ModelFormat, paths: readonly string[], name: string): Promise<readonly string[]> {
  const [first = ''] = paths
  const further = await furtherFiles(format, basename(first), first, name)
  const told = further.map(({ path, isOptional }) => ({ path: join(dirname(first), path), isOptional }))
  for (const graph of paths.slice(1).filter((path) => path.endsWith('.onnx'))) {
    for (const path of await externalDataFiles(graph)) told.push({ path: join(dirname(graph), path), isOptional: false })
  }
  const leftOut = told.filter(({ path, isOptional }) => !paths.includes(path) && (!isOptional || existsSync(path)))
  return leftOut.map(({ path }) => path)
}
