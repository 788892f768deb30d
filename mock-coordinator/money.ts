import { ApiError } from './api-error.ts'

const DECIMALS = 8
const MINOR_PER_UNIT = 10n ** BigInt(DECIMALS)
const MAX_REWARD_MINOR = 1_000_000n * MINOR_PER_UNIT

/** Parses a reward such as `0.25` into minor units (10^-8); throws `INVALID_PAYLOAD` when it has more decimals or is over a million. */
export function parseReward(amount: string): bigint {
  const [whole = '', fraction = ''] = amount.split('.')
  if (fraction.length > DECIMALS) {
    throw new ApiError('INVALID_PAYLOAD', `reward.amount: ${amount} has more than ${DECIMALS} decimals`, {
      field: 'reward.amount',
    })
  }
  const minor = BigInt(whole) * MINOR_PER_UNIT + BigInt(fraction.padEnd(DECIMALS, '0'))
  if (minor > MAX_REWARD_MINOR) {
    throw new ApiError('INVALID_PAYLOAD', `reward.amount: ${amount} is over 1000000`, { field: 'reward.amount' })
  }
  return minor
}

/** Minor units as a decimal string without trailing zeros. */
export function formatMoney(minor: bigint): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(DECIMALS + 1, '0')
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '')
  return `${minor < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}${fraction === '' ? '' : `.${fraction}`}`
}
