import type { KeyName } from './keys.ts'
import { isLoopbackHost } from './loopback-host.ts'
import { isPlaceholderText } from './placeholder-text.ts'
import type { ValidConfig } from './validate-config.ts'

/** A key that still holds what the example file brings. */
export interface Placeholder {
  readonly key: KeyName
  /** True when the coordinator is not to be called before it is set. */
  readonly isBlocking: boolean
  readonly message: string
}

const EXAMPLE_HOST = /(?:^|\.)example(?:\.(?:com|net|org))?$/

/**
 * Finds the values to be replaced before the miner can earn. A coordinator on this machine is a test set-up, where the
 * example's wallet and key are as good as any: then there are none.
 */
export function findPlaceholders(values: ValidConfig): Placeholder[] {
  const { hostname } = values.COORD_URL
  if (isLoopbackHost(hostname)) return []
  const found: Placeholder[] = []
  if (EXAMPLE_HOST.test(hostname)) {
    found.push({ key: 'COORD_URL', isBlocking: true, message: `${hostname} is an example; set the URL of your coordinator` })
  }
  if (isPlaceholderText(values.WALLET_ADDR)) {
    found.push({ key: 'WALLET_ADDR', isBlocking: true, message: 'this is a placeholder; set your payout address' })
  } else if (values.WALLET_ADDR === 'wallet_demo') {
    found.push({ key: 'WALLET_ADDR', isBlocking: false, message: 'all pay goes to "wallet_demo"; set your payout address' })
  }
  if (isPlaceholderText(values.API_KEY.reveal())) {
    found.push({
      key: 'API_KEY',
      isBlocking: true,
      message: 'this is a placeholder; set the key that your wallet or coordinator gave you',
    })
  }
  return found
}
