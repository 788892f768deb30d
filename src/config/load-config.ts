import { compileConfig } from './compile-config.ts'
import type { ConfigProblem } from './config-problem.ts'
import type { MinerConfig } from './miner-config.ts'
import { readRawConfig } from './raw-config.ts'
import type { Environment } from './raw-config.ts'
import { validateConfig } from './validate-config.ts'
import type { ValidConfig } from './validate-config.ts'

/** Where problems without a line are sorted to. */
const LAST = Number.MAX_SAFE_INTEGER

export interface LoadOptions {
  readonly path: string
  /** Where `AITBC_<KEY>` variables are looked for. */
  readonly env: Environment
  /** What `$(hostname)` stands for. */
  readonly hostname: string
}

/** A configuration that the miner can start with. */
export interface GoodConfig {
  readonly config: MinerConfig
  /** What it was compiled from, by the names in the file. */
  readonly values: ValidConfig
  readonly warnings: readonly ConfigProblem[]
}

export type LoadedConfig =
  | ({ readonly ok: true } & GoodConfig)
  /** At least one of them is an error; warnings are among them. */
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/** Reads, checks and compiles the configuration. Never throws for what stands in the file: all problems come at once. */
export function loadConfig(options: LoadOptions): LoadedConfig {
  const raw = readRawConfig(options.path, options.env)
  if (!raw.isFileRead) return { ok: false, problems: raw.problems }
  const { values, problems: valueProblems } = validateConfig(raw, options.hostname)
  const { config, problems: crossProblems } = compileConfig(values, raw)
  const problems = inFileOrder(withoutEchoes([...raw.problems, ...valueProblems], crossProblems))
  return hasError(problems) ? { ok: false, problems } : { ok: true, config, values, warnings: problems }
}

export type FoundSocket =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[] }

/**
 * Where a running daemon with this configuration listens. Looks at nothing else, so that the state of a daemon can still
 * be asked for after a slip in the file.
 */
export function findControlSocket(options: LoadOptions): FoundSocket {
  const raw = readRawConfig(options.path, options.env)
  if (!raw.isFileRead && !raw.values.has('CONTROL_SOCKET')) return { ok: false, problems: raw.problems }
  const { values, problems } = validateConfig(raw, options.hostname)
  const concerned = problems.filter(
    ({ key }) => key === 'CONTROL_SOCKET' || (key === 'STATE_DIR' && !raw.values.has('CONTROL_SOCKET')),
  )
  return concerned.length > 0 ? { ok: false, problems: concerned } : { ok: true, path: values.CONTROL_SOCKET }
}

function hasError(problems: readonly ConfigProblem[]): boolean {
  return problems.some(({ severity }) => severity === 'error')
}

/** Leaves out what the default in place of a wrong or unreadable value would be blamed for. */
function withoutEchoes(own: readonly ConfigProblem[], cross: readonly ConfigProblem[]): ConfigProblem[] {
  const wrong = new Set(own.filter(({ severity }) => severity === 'error').map(({ key }) => key))
  return [...own, ...cross.filter(({ key }) => !wrong.has(key))]
}

function inFileOrder(problems: readonly ConfigProblem[]): ConfigProblem[] {
  return problems.toSorted((a, b) => (a.line ?? LAST) - (b.line ?? LAST))
}
