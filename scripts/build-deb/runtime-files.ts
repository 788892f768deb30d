import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Target } from './target.ts'

const RUNTIME = /(\.[cm]?js|\.json|\.node|\.wasm|\.so(\.\d+)*)$/
const NOT_FOR_RUNNING = /(^|\/)(node_modules|tests?|__tests__|examples?|docs?|benchmarks?|\.[^/]+)\//
const NOT_FOR_RUNNING_FILE = /(^|\/)(tsconfig[^/]*\.json|\.[^/]+|[^/]+\.(test|spec)\.[cm]?js)$/

/** What single packages carry besides: sources of llama.cpp and what builds them, installers, libraries of other platforms. */
const NOT_OURS: Readonly<Record<string, (target: Target) => RegExp>> = {
  'node-llama-cpp': () => /^(templates|llama\/[^/]+)\//,
  'onnxruntime-node': ({ cpu }) => new RegExp(`^script/|^bin/napi-v6/(?!linux/${cpu}/)`),
}

/**
 * The files of an installed npm package that running it takes, as paths within it, sorted: code, data and native parts, without
 * types, source maps, sources, documents and tests. Licence texts go to the copyright file instead.
 */
export function runtimeFiles(folder: string, name: string, target: Target): readonly string[] {
  const notOurs = NOT_OURS[name]?.(target)
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => RUNTIME.test(path) && !NOT_FOR_RUNNING.test(path) && !NOT_FOR_RUNNING_FILE.test(path))
    .filter((path) => notOurs === undefined || !notOurs.test(path))
    .toSorted()
}
