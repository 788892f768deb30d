import type { Environment } from '../config/raw-config.ts'

/** Where a command writes. */
export interface Terminal {
  out(text: string): void
  err(text: string): void
  /** True when stdout is a terminal that wants colours. */
  readonly hasColors: boolean
}

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal
  readonly environment: { readonly env: Environment; readonly hostname: string }
  /** Epoch milliseconds. */
  readonly nowMs: () => number
  /** Sets the exit code; without a call it is 0. */
  readonly finish: (exitCode: number) => void
}

/** Where the configuration is, unless `--config` says otherwise. */
export const DEFAULT_CONFIG_PATH = '/etc/aitbc/miner.conf'
