import { isDeepStrictEqual } from 'node:util'
import { keyNames } from './keys.ts'
import type { KeyName } from './keys.ts'
import { Secret } from './secret.ts'
import type { ValidConfig } from './validate-config.ts'

/** The keys whose values differ, in the order of the file. */
export function changedKeys(before: ValidConfig, after: ValidConfig): KeyName[] {
  return keyNames().filter((key) => !isDeepStrictEqual(comparable(before[key]), comparable(after[key])))
}

function comparable(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal()
  return value instanceof URL ? value.href : value
}
