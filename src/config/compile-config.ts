import { sep } from 'node:path'

import { problemAt } from './config-problem.ts'
import type { ConfigProblem } from './config-problem.ts'
import { findPlaceholders } from './find-placeholders.ts'
import type { KeyName } from './keys.ts'
import { isLoopbackHost } from './loopback-host.ts'
import type { MinerConfig } from './miner-config.ts'
import type { RawConfig } from './raw-config.ts'
import type { ValidConfig } from './validate-config.ts'

/** The longest path that Linux takes for a Unix socket. */
const MAX_SOCKET_PATH_BYTES = 107
const MEBIBYTE = 1024 * 1024
const GIBIBYTE = 1024 * MEBIBYTE
const HOUR_MS = 3_600_000

export interface Compilation {
  readonly config: MinerConfig
  readonly problems: readonly ConfigProblem[]
}

/** Stage 3: checks the values against one another, turns them into base units, and freezes the result. */
export function compileConfig(values: ValidConfig, raw: RawConfig): Compilation {
  const problems: ConfigProblem[] = []
  const report = (key: KeyName, severity: ConfigProblem['severity'], message: string): void => {
    const source = raw.values.get(key)?.source ?? { kind: 'default', file: raw.file }
    problems.push(problemAt(source, key, severity, message))
  }
  checkTransport(values, report)
  checkSocketPath(values, raw, report)
  checkLlmServer(values, report)
  if (isInside(values.STATE_DIR, values.WORK_DIR)) {
    report('WORK_DIR', 'error', `STATE_DIR (${values.STATE_DIR}) lies in it, and scratch space is cleared; take another folder`)
  }
  const placeholders = findPlaceholders(values)
  for (const { key, message } of placeholders) report(key, 'warning', message)
  const notConfigured = placeholders.filter(({ isBlocking }) => isBlocking).map(({ key }) => key)
  return { config: toMinerConfig(values, raw.file, notConfigured), problems }
}

type Report = (key: KeyName, severity: ConfigProblem['severity'], message: string) => void

function checkTransport(values: ValidConfig, report: Report): void {
  const { protocol, hostname } = values.COORD_URL
  if (protocol === 'http:' && values.COORD_CA_FILE !== null) {
    report('COORD_CA_FILE', 'warning', 'COORD_URL is plain http, where nobody shows a certificate; remove one of the two')
  }
  if (protocol === 'https:' || isLoopbackHost(hostname)) return
  if (values.ALLOW_INSECURE_HTTP) {
    report(
      'COORD_URL',
      'warning',
      `the API key goes to ${hostname} over plain http, readable on the way; use https where you can`,
    )
  } else {
    report(
      'COORD_URL',
      'error',
      `expected https, found http to ${hostname}, where anyone on the way could read the API key; ` +
        'write https://, or set ALLOW_INSECURE_HTTP=true on a network that you trust',
    )
  }
}

/** The default socket lies in STATE_DIR, so then that is the key to blame. */
function checkSocketPath(values: ValidConfig, raw: RawConfig, report: Report): void {
  const bytes = Buffer.byteLength(values.CONTROL_SOCKET)
  if (bytes <= MAX_SOCKET_PATH_BYTES) return
  const key = raw.values.has('CONTROL_SOCKET') ? 'CONTROL_SOCKET' : 'STATE_DIR'
  const limit = `Linux allows ${MAX_SOCKET_PATH_BYTES} bytes for the path of a socket, found ${bytes} (${values.CONTROL_SOCKET})`
  report(key, 'error', `${limit}; set CONTROL_SOCKET to a shorter path, such as /run/aitbc-miner/control.sock`)
}

/** Prompts, and the key, are as private on their way to the operator's server as on the way from the coordinator. */
function checkLlmServer(values: ValidConfig, report: Report): void {
  const { LLM_BACKEND, LLM_URL, LLM_API_KEY } = values
  if (LLM_BACKEND !== 'http') return
  if (LLM_URL === null) {
    report(
      'LLM_URL',
      'error',
      'LLM_BACKEND is http, so the server must be named; write for example LLM_URL="http://127.0.0.1:8000"',
    )
  } else if (LLM_API_KEY !== null && LLM_URL.protocol === 'http:' && !isLoopbackHost(LLM_URL.hostname)) {
    report(
      'LLM_URL',
      'warning',
      `LLM_API_KEY goes to ${LLM_URL.hostname} over plain http, readable on the way; use https where you can`,
    )
  }
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder + sep)
}

function toMinerConfig(values: ValidConfig, configFile: string, notConfigured: readonly KeyName[]): MinerConfig {
  return Object.freeze({
    configFile,
    coordUrl: values.COORD_URL,
    coordCertificates: values.COORD_CA_FILE?.certificates ?? null,
    wallet: values.WALLET_ADDR,
    apiKey: values.API_KEY,
    minerId: values.MINER_ID,
    workDir: values.WORK_DIR,
    heartbeatMs: toMs(values.HEARTBEAT_SECS),
    jobPollMs: toMs(values.JOB_POLL_SECS),
    maxConcurrency: values.MAX_CONCURRENCY,
    accelMode: values.ACCEL_MODE,
    stateDir: values.STATE_DIR,
    logFile: values.LOG_FILE,
    logLevel: values.LOG_LEVEL,
    controlSocket: values.CONTROL_SOCKET,
    pollWaitS: values.POLL_WAIT_SECS,
    requestTimeoutMs: toMs(values.REQUEST_TIMEOUT_SECS),
    deliveryDeadlineMs: Math.round(values.DELIVERY_DEADLINE_HOURS * HOUR_MS),
    drainMs: toMs(values.DRAIN_SECS),
    cancelGraceMs: toMs(values.CANCEL_GRACE_SECS),
    engineIdleMs: toMs(values.ENGINE_IDLE_SECS),
    engineSandbox: values.ENGINE_SANDBOX,
    engineThreads: values.ENGINE_THREADS === 0 ? null : values.ENGINE_THREADS,
    maxRuntimeS: values.MAX_RUNTIME_S,
    maxRamMb: values.MAX_RAM_MB === 0 ? null : values.MAX_RAM_MB,
    maxOutputBytes: values.MAX_OUTPUT_MB * MEBIBYTE,
    workloads: values.WORKLOADS.length === 0 ? null : Object.freeze([...values.WORKLOADS]),
    maxPromptBytes: values.MAX_PROMPT_KB * 1024,
    maxImagePixels: values.MAX_IMAGE_PIXELS,
    gpuDevices: Object.freeze([...values.GPU_DEVICES]),
    maxVramMb: values.MAX_VRAM_MB === 0 ? null : values.MAX_VRAM_MB,
    modelDir: values.MODEL_DIR,
    modelQuotaBytes: values.MODEL_QUOTA_GB === 0 ? null : Math.round(values.MODEL_QUOTA_GB * GIBIBYTE),
    modelCatalogue: values.MODEL_CATALOGUE,
    modelHosts: Object.freeze([...values.MODEL_HOSTS]),
    modelPaths: Object.freeze([...values.MODEL_PATHS]),
    allowPrivateHosts: values.ALLOW_PRIVATE_HOSTS,
    maxInputBytes: values.MAX_INPUT_MB * MEBIBYTE,
    hfToken: values.HF_TOKEN,
    llmBackend: values.LLM_BACKEND,
    llmUrl: values.LLM_URL,
    llmApiKey: values.LLM_API_KEY,
    llmConcurrency: values.LLM_CONCURRENCY,
    llmContextTokens: values.LLM_CONTEXT_TOKENS === 0 ? null : values.LLM_CONTEXT_TOKENS,
    notConfigured: Object.freeze([...notConfigured]),
  })
}

function toMs(seconds: number): number {
  return Math.round(seconds * 1000)
}
