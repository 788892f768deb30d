import type { MinerConfig } from './miner-config.ts'
import { Secret } from './secret.ts'

/** The values of all secrets in a configuration: what logs and reports must not show. */
export function secretsOf(config: MinerConfig): string[] {
  return Object.values(config).flatMap((value: unknown) => (value instanceof Secret ? [value.reveal()] : []))
}
