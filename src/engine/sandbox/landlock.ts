import { closeSync, fstatSync, openSync } from 'node:fs'
import { KernelCallError } from './kernel-calls.ts'
import type { KernelCalls } from './kernel-calls.ts'
import { handledAccess, rightsOf } from './landlock-rights.ts'
import type { PathUse } from './landlock-rights.ts'

const CREATE_RULESET_VERSION = 1
const RULE_PATH_BENEATH = 1
/** Of linux/fcntl.h on all machines; opens nothing but the place itself. */
export const O_PATH = 0o10000000

/** A path and what an engine may do there. What does not exist is left out. */
export interface PathRule {
  readonly path: string
  readonly use: PathUse
}

export interface LandlockPlan {
  readonly rules: readonly PathRule[]
  /** The newest version to make use of. */
  readonly maxAbi: number
}

/**
 * Forbids this thread, and every program that it starts, all files but those of the rules. Returns the version of Landlock that
 * is in force now; null where the kernel has none, or it was left out at boot. The thread must have given up new privileges.
 */
export function enforceLandlock(kernel: KernelCalls, { rules, maxAbi }: LandlockPlan): number | null {
  const abi = Math.min(landlockVersion(kernel), maxAbi)
  if (abi < 1) return null
  const ruleset = createRuleset(kernel, abi)
  for (const rule of rules) addRule(kernel, ruleset, rule, abi)
  kernel.call('landlock_restrict_self', ruleset, 0)
  closeSync(ruleset)
  return abi
}

function landlockVersion(kernel: KernelCalls): number {
  try {
    return kernel.call('landlock_create_ruleset', 0, 0, CREATE_RULESET_VERSION)
  } catch (error) {
    // Not compiled in; switched off at boot; or a filter of system calls that is older than Landlock.
    if (error instanceof KernelCallError && ['ENOSYS', 'EOPNOTSUPP', 'EPERM'].includes(error.code)) return 0
    throw error
  }
}

function createRuleset(kernel: KernelCalls, abi: number): number {
  const { files, network, scopes, structBytes } = handledAccess(abi)
  const attributes = BigUint64Array.of(BigInt(files), BigInt(network), BigInt(scopes))
  return kernel.call('landlock_create_ruleset', new Uint8Array(attributes.buffer), structBytes, 0)
}

function addRule(kernel: KernelCalls, ruleset: number, { path, use }: PathRule, abi: number): void {
  const place = opened(path)
  if (place === null) return
  try {
    const rule = new DataView(new ArrayBuffer(12))
    rule.setBigUint64(0, BigInt(rightsOf(use, abi, fstatSync(place).isDirectory())), true)
    rule.setInt32(8, place, true)
    kernel.call('landlock_add_rule', ruleset, RULE_PATH_BENEATH, new Uint8Array(rule.buffer), 0)
  } finally {
    closeSync(place)
  }
}

function opened(path: string): number | null {
  try {
    return openSync(path, O_PATH)
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR', 'EACCES'].includes(String(error.code))) return null
    throw error
  }
}
