import type { KeyName } from './keys.ts'
import type { Secret } from './secret.ts'

/** What the whole program knows of the configuration: checked, in base units, frozen. */
export interface MinerConfig {
  /** The file it was read from. */
  readonly configFile: string
  /** http or https, without credentials, query or fragment; its path is `/` or a prefix without a slash at the end. */
  readonly coordUrl: URL
  /** PEM; null for the authorities that are trusted anyway. */
  readonly coordCertificates: readonly string[] | null
  readonly wallet: string
  readonly apiKey: Secret
  readonly minerId: string
  readonly workDir: string
  readonly heartbeatMs: number
  readonly jobPollMs: number
  readonly maxConcurrency: number
  readonly accelMode: 'auto' | 'gpu' | 'cpu'
  readonly stateDir: string
  /** Null: no log file. */
  readonly logFile: string | null
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug'
  readonly controlSocket: string
  /** 0: no long poll. */
  readonly pollWaitS: number
  readonly requestTimeoutMs: number
  readonly deliveryDeadlineMs: number
  readonly drainMs: number
  readonly cancelGraceMs: number
  readonly engineIdleMs: number
  /** Whether engines run in a sandbox: as far as the kernel can, or not without all of it, or never. */
  readonly engineSandbox: 'auto' | 'required' | 'off'
  /** Null: the engine chooses. */
  readonly engineThreads: number | null
  readonly maxRuntimeS: number
  /** Null: no limit of the operator's. */
  readonly maxRamMb: number | null
  readonly maxOutputBytes: number
  /** Null: all that this machine can run. */
  readonly workloads: readonly string[] | null
  readonly maxPromptBytes: number
  readonly maxImagePixels: number
  /** `all`, `none`, or names of GPUs. */
  readonly gpuDevices: readonly string[]
  /** Null: no limit of the operator's. */
  readonly maxVramMb: number | null
  readonly modelDir: string
  /** Null: no limit. */
  readonly modelQuotaBytes: number | null
  /** The operator's own catalogue; need not be there. */
  readonly modelCatalogue: string | null
  /** Host names, `*.example.org` for all below one, `*` for every public host. */
  readonly modelHosts: readonly string[]
  /** Folders that `file:` URIs of jobs may lie in. */
  readonly modelPaths: readonly string[]
  readonly allowPrivateHosts: boolean
  /** Of all inputs of a job together. */
  readonly maxInputBytes: number
  readonly hfToken: Secret | null
  readonly llmBackend: 'llama' | 'http'
  /** Never null when `llmBackend` is `http`. */
  readonly llmUrl: URL | null
  readonly llmApiKey: Secret | null
  readonly llmConcurrency: number
  /** Null: what the model and memory allow. */
  readonly llmContextTokens: number | null
  /** Keys that still hold a placeholder. While any is left the coordinator is not to be called. */
  readonly notConfigured: readonly KeyName[]
}
