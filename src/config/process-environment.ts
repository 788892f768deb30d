import { hostname } from 'node:os'

import type { Environment } from './raw-config.ts'

/** What the configuration takes from this process and machine; the one place that reads `process.env`. */
export function processEnvironment(): { readonly env: Environment; readonly hostname: string } {
  return { env: process.env, hostname: hostname() }
}
