import { AitbcError } from '../domain/errors.ts'
import { problemAt } from './config-problem.ts'
import type { ConfigProblem, Source } from './config-problem.ts'
import { expandValue } from './expand-value.ts'
import { KEYS } from './keys.ts'
import type { Expansion, KeyName, KeySpec, KeyValue } from './keys.ts'
import type { RawConfig } from './raw-config.ts'

/** Stage 2: each value checked by itself, defaults filled in, units still those of the file. */
export type ValidConfig = { readonly [K in KeyName]: KeyValue<K> }

export interface Validation {
  /** Where a value was wrong it holds the default, and `problems` an error. */
  readonly values: ValidConfig
  readonly problems: readonly ConfigProblem[]
}

const MAX_SHOWN = 80

/** Checks every value by its type and collects all that is wrong. */
export function validateConfig(raw: RawConfig, hostname: string): Validation {
  const problems: ConfigProblem[] = []
  const expansions = new Map<Expansion, string>([
    ['$(hostname)', hostname],
    ['${HOSTNAME}', hostname],
  ])
  const take = <T>(name: KeyName, spec: KeySpec<T>): T => {
    const given = raw.values.get(name)
    const source: Source = given?.source ?? { kind: 'default', file: raw.file }
    const result = readValue(name, spec, given?.text ?? spec.default, expansions)
    if (result.ok) return result.value
    problems.push(problemAt(source, name, 'error', result.message))
    const fallback = readValue(name, spec, spec.default, new Map([...expansions, ['$(hostname)', 'localhost']]))
    if (fallback.ok) return fallback.value
    throw new AitbcError('AITBC_BUG', `the default of ${name} is not a valid value: ${fallback.message}`)
  }
  const stateDir = take('STATE_DIR', KEYS.STATE_DIR)
  expansions.set('${STATE_DIR}', stateDir)
  const values: ValidConfig = {
    COORD_URL: take('COORD_URL', KEYS.COORD_URL),
    WALLET_ADDR: take('WALLET_ADDR', KEYS.WALLET_ADDR),
    API_KEY: take('API_KEY', KEYS.API_KEY),
    MINER_ID: take('MINER_ID', KEYS.MINER_ID),
    WORK_DIR: take('WORK_DIR', KEYS.WORK_DIR),
    HEARTBEAT_SECS: take('HEARTBEAT_SECS', KEYS.HEARTBEAT_SECS),
    JOB_POLL_SECS: take('JOB_POLL_SECS', KEYS.JOB_POLL_SECS),
    MAX_CONCURRENCY: take('MAX_CONCURRENCY', KEYS.MAX_CONCURRENCY),
    ACCEL_MODE: take('ACCEL_MODE', KEYS.ACCEL_MODE),
    STATE_DIR: stateDir,
    LOG_FILE: take('LOG_FILE', KEYS.LOG_FILE),
    LOG_LEVEL: take('LOG_LEVEL', KEYS.LOG_LEVEL),
    CONTROL_SOCKET: take('CONTROL_SOCKET', KEYS.CONTROL_SOCKET),
    POLL_WAIT_SECS: take('POLL_WAIT_SECS', KEYS.POLL_WAIT_SECS),
    REQUEST_TIMEOUT_SECS: take('REQUEST_TIMEOUT_SECS', KEYS.REQUEST_TIMEOUT_SECS),
    DELIVERY_DEADLINE_HOURS: take('DELIVERY_DEADLINE_HOURS', KEYS.DELIVERY_DEADLINE_HOURS),
    ALLOW_INSECURE_HTTP: take('ALLOW_INSECURE_HTTP', KEYS.ALLOW_INSECURE_HTTP),
    COORD_CA_FILE: take('COORD_CA_FILE', KEYS.COORD_CA_FILE),
    WORKLOADS: take('WORKLOADS', KEYS.WORKLOADS),
    MAX_RUNTIME_S: take('MAX_RUNTIME_S', KEYS.MAX_RUNTIME_S),
    MAX_RAM_MB: take('MAX_RAM_MB', KEYS.MAX_RAM_MB),
    MAX_OUTPUT_MB: take('MAX_OUTPUT_MB', KEYS.MAX_OUTPUT_MB),
    ENGINE_THREADS: take('ENGINE_THREADS', KEYS.ENGINE_THREADS),
    ENGINE_SANDBOX: take('ENGINE_SANDBOX', KEYS.ENGINE_SANDBOX),
    ENGINE_IDLE_SECS: take('ENGINE_IDLE_SECS', KEYS.ENGINE_IDLE_SECS),
    MAX_PROMPT_KB: take('MAX_PROMPT_KB', KEYS.MAX_PROMPT_KB),
    MAX_IMAGE_PIXELS: take('MAX_IMAGE_PIXELS', KEYS.MAX_IMAGE_PIXELS),
    GPU_DEVICES: take('GPU_DEVICES', KEYS.GPU_DEVICES),
    MAX_VRAM_MB: take('MAX_VRAM_MB', KEYS.MAX_VRAM_MB),
    MODEL_DIR: take('MODEL_DIR', KEYS.MODEL_DIR),
    MODEL_QUOTA_GB: take('MODEL_QUOTA_GB', KEYS.MODEL_QUOTA_GB),
    MODEL_CATALOGUE: take('MODEL_CATALOGUE', KEYS.MODEL_CATALOGUE),
    MODEL_HOSTS: take('MODEL_HOSTS', KEYS.MODEL_HOSTS),
    MODEL_PATHS: take('MODEL_PATHS', KEYS.MODEL_PATHS),
    ALLOW_PRIVATE_HOSTS: take('ALLOW_PRIVATE_HOSTS', KEYS.ALLOW_PRIVATE_HOSTS),
    MAX_INPUT_MB: take('MAX_INPUT_MB', KEYS.MAX_INPUT_MB),
    HF_TOKEN: take('HF_TOKEN', KEYS.HF_TOKEN),
    LLM_BACKEND: take('LLM_BACKEND', KEYS.LLM_BACKEND),
    LLM_URL: take('LLM_URL', KEYS.LLM_URL),
    LLM_API_KEY: take('LLM_API_KEY', KEYS.LLM_API_KEY),
    LLM_CONCURRENCY: take('LLM_CONCURRENCY', KEYS.LLM_CONCURRENCY),
    LLM_CONTEXT_TOKENS: take('LLM_CONTEXT_TOKENS', KEYS.LLM_CONTEXT_TOKENS),
    DRAIN_SECS: take('DRAIN_SECS', KEYS.DRAIN_SECS),
    CANCEL_GRACE_SECS: take('CANCEL_GRACE_SECS', KEYS.CANCEL_GRACE_SECS),
  }
  return { values, problems }
}

type ReadValue<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

function readValue<T>(name: KeyName, spec: KeySpec<T>, given: string, expansions: ReadonlyMap<Expansion, string>): ReadValue<T> {
  let text = given
  if (!spec.type.isSecret) {
    const known = new Map([...expansions].filter(([expansion]) => spec.expands.includes(expansion)))
    const expanded = expandValue(given, known)
    if (!expanded.ok) return { ok: false, message: `${explainExpansion(spec, expanded.found)}; write the value itself` }
    text = expanded.text
  }
  const parsed = spec.type.parse(text)
  if (parsed.ok) return parsed
  const found = spec.type.isSecret ? 'something else (not shown)' : quote(text)
  const why = parsed.why === null ? '' : `: ${parsed.why}`
  return {
    ok: false,
    message: `expected ${spec.type.expected}, found ${text === '' ? 'nothing' : found}${why}; ${advice(name, spec)}`,
  }
}

function explainExpansion(spec: KeySpec<unknown>, found: string): string {
  const known = spec.expands.length === 0 ? 'nothing is replaced here' : `only ${spec.expands.join(' and ')} can be replaced here`
  return `found ${quote(found)}, but ${known}, and nothing is ever executed`
}

function advice(name: KeyName, spec: KeySpec<unknown>): string {
  if (spec.type.isSecret) return `write ${name}="the key that you were given"`
  return `write for example ${name}=${formatValue(spec.default)}`
}

/** A value as it is written in the file: numbers bare, all else in double quotes. */
export function formatValue(text: string): string {
  return /^\d+(?:\.\d+)?$/.test(text) ? text : `"${text}"`
}

/** The text for a message: on one line, shortened, without the credentials of a URL. */
function quote(text: string): string {
  const harmless = text.replace(/\/\/[^/]*@/, '//[redacted]@')
  return JSON.stringify(harmless.length > MAX_SHOWN ? `${harmless.slice(0, MAX_SHOWN)}…` : harmless)
}
