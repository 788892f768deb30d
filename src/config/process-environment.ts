import { hostname } from 'node:os'

import { isKeyName, KEYS } from './keys.ts'
import { ENVIRONMENT_PREFIX } from './raw-config.ts'
import type { Environment } from './raw-config.ts'

const NO_VERIFICATION = 'NODE_TLS_REJECT_UNAUTHORIZED'

/**
 * What the configuration takes from this process and machine; the one place that reads `process.env`. Secrets are taken out of it on
 * the way: no child, diagnostic report or later reader finds them there. `/proc/PID/environ` goes on showing what the process
 * was started with, to its own user and root. What would have Node verify no certificates is taken out too, for all connections.
 */
export function processEnvironment(variables: NodeJS.ProcessEnv = process.env): {
  readonly env: Environment
  readonly hostname: string
} {
  const env = Object.freeze({ ...variables })
  for (const name of Object.keys(env)) if (name === NO_VERIFICATION || isSecretVariable(name)) delete variables[name]
  return { env, hostname: hostname() }
}

function isSecretVariable(name: string): boolean {
  if (!name.startsWith(ENVIRONMENT_PREFIX)) return false
  const key = name.slice(ENVIRONMENT_PREFIX.length)
  return isKeyName(key) && KEYS[key].type.isSecret
}
