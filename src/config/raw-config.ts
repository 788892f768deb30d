import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'

import { errorCode } from '../domain/error-code.ts'
import { parseConfFile } from './conf-file.ts'
import type { ConfigProblem, Source } from './config-problem.ts'
import { problemAt } from './config-problem.ts'
import { isKeyName, keyNames, KEYS } from './keys.ts'
import type { KeyName } from './keys.ts'
import { nearestName } from '../domain/nearest-name.ts'
import { isPlaceholderText } from './placeholder-text.ts'

/** A value as text, and where it stands. */
export interface RawValue {
  readonly text: string
  readonly source: Source
}

/** Stage 1: what file and environment say, unchecked. */
export interface RawConfig {
  readonly file: string
  /** False when the file could not be read at all, so that `values` are those of the environment alone. */
  readonly isFileRead: boolean
  readonly values: ReadonlyMap<KeyName, RawValue>
  readonly problems: readonly ConfigProblem[]
}

export type Environment = Readonly<Record<string, string | undefined>>

/** What a key's environment variable begins with: `AITBC_COORD_URL` overrides `COORD_URL`. */
export const ENVIRONMENT_PREFIX = 'AITBC_'
const MAX_BYTES = 1024 * 1024
const MAX_NAME_LENGTH = 40
const EXPOSED =
  'a secret in the environment can be read by others (systemctl show, /proc); write it into the configuration file instead'
const ALWAYS_VERIFIED =
  'NODE_TLS_REJECT_UNAUTHORIZED=0 has no effect, certificates are always verified; name a CA of your own in COORD_CA_FILE'
const OTHERS_ANY_ACCESS = 0o007

/** Reads the file and lays the `AITBC_<KEY>` variables over it. A file that cannot be read is a problem, not a throw. */
export function readRawConfig(path: string, env: Environment): RawConfig {
  const problems: ConfigProblem[] = []
  const values = new Map<KeyName, RawValue>()
  const read = readConfText(path)
  if (read.ok) {
    collectFromFile(path, read.text, values, problems)
    if ((read.mode & OTHERS_ANY_ACCESS) !== 0) warnOfOpenFile(path, read.mode, values.get('API_KEY'), problems)
  } else {
    problems.push({ severity: 'error', key: null, file: path, line: null, message: read.message })
  }
  collectFromEnvironment(env, values, problems)
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] === '0') {
    problems.push({ severity: 'warning', key: null, file: null, line: null, message: ALWAYS_VERIFIED })
  }
  return { file: path, isFileRead: read.ok, values, problems }
}

function collectFromFile(path: string, text: string, values: Map<KeyName, RawValue>, problems: ConfigProblem[]): void {
  const { assignments, problems: lineProblems } = parseConfFile(text)
  for (const { key, line, message } of lineProblems) {
    const shown = key !== null && isKeyName(key) ? key : null
    problems.push({ severity: 'error', key: shown, file: path, line, message })
  }
  for (const { key, value, line } of assignments) {
    const source: Source = { kind: 'line', file: path, line }
    if (!isKeyName(key)) {
      problems.push(problemAt(source, nameToShow(key), 'error', unknownKey(key)))
      continue
    }
    const former = values.get(key)?.source
    if (former?.kind === 'line') {
      problems.push(
        problemAt(source, key, 'warning', `line ${former.line} sets it too, and this line counts; remove one of them`),
      )
    }
    values.set(key, { text: value, source })
  }
}

function collectFromEnvironment(env: Environment, values: Map<KeyName, RawValue>, problems: ConfigProblem[]): void {
  for (const [variable, text] of Object.entries(env)) {
    if (text === undefined || !variable.startsWith(ENVIRONMENT_PREFIX)) continue
    const key = variable.slice(ENVIRONMENT_PREFIX.length)
    if (isKeyName(key)) {
      values.set(key, { text, source: { kind: 'environment' } })
      if (KEYS[key].type.isSecret && text !== '') problems.push(problemAt({ kind: 'environment' }, key, 'warning', EXPOSED))
    } else problems.push(problemAt({ kind: 'environment' }, key, 'warning', unknownKey(key)))
  }
}

function unknownKey(name: string): string {
  const nearest = name.length > MAX_NAME_LENGTH ? null : nearestName(name, keyNames())
  return nearest === null ? 'no such key; remove it (docs/config.md lists all keys)' : `no such key; did you mean ${nearest}?`
}

/** A piece of a secret may look like a name when a line was broken in two, so only what reads like a key is repeated. */
function nameToShow(name: string): string | null {
  if (name.length > MAX_NAME_LENGTH) return null
  return /^[A-Z][A-Z0-9_]*$/.test(name) || nearestName(name, keyNames()) !== null ? name : null
}

function warnOfOpenFile(path: string, mode: number, apiKey: RawValue | undefined, problems: ConfigProblem[]): void {
  if (apiKey === undefined || isPlaceholderText(apiKey.text)) return
  const octal = (mode & 0o777).toString(8).padStart(4, '0')
  const message = `every user of this machine has access to the file that holds it (mode ${octal}); run: chmod o= '${path}'`
  problems.push(problemAt(apiKey.source, 'API_KEY', 'warning', message))
}

type ConfText =
  | { readonly ok: true; readonly text: string; readonly mode: number }
  | { readonly ok: false; readonly message: string }

function readConfText(path: string): ConfText {
  let descriptor: number | null = null
  try {
    descriptor = openSync(path, 'r')
    const stat = fstatSync(descriptor)
    if (!stat.isFile())
      return { ok: false, message: `found ${stat.isDirectory() ? 'a directory' : 'no regular file'}; name a file` }
    if (stat.size > MAX_BYTES) return { ok: false, message: 'found a file of more than 1 MiB; this is no configuration file' }
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(descriptor))
    return { ok: true, text, mode: stat.mode }
  } catch (error) {
    return { ok: false, message: explainReadError(error) }
  } finally {
    if (descriptor !== null) closeSync(descriptor)
  }
}

function explainReadError(error: unknown): string {
  const code = errorCode(error)
  if (code === 'ENOENT') return 'no such file; name another with --config, or copy miner.conf.example to this place'
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied; run the command with sudo'
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'found bytes that are not UTF-8 text; save the file as UTF-8'
  return `the file cannot be read (${error instanceof Error ? error.message : String(error)}); check the disk and the path`
}
