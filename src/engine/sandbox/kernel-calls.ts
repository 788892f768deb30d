import { dlopen, getInt32, getRawPointer } from 'node:ffi'
import { getSystemErrorMessage, getSystemErrorName } from 'node:util'
import { syscallNumber } from './syscall-numbers.ts'
import type { KnownArchitecture, SyscallName } from './syscall-numbers.ts'

/** A system call that the kernel refused. `code` is e.g. `ENOSYS`. */
export class KernelCallError extends Error {
  override readonly name = 'KernelCallError'
  readonly code: string

  constructor(call: SyscallName, errno: number) {
    super(`${call} failed: ${getSystemErrorMessage(-errno)}`)
    this.code = getSystemErrorName(-errno)
  }
}

/** A number, or memory whose address is passed. */
export type CallArgument = number | bigint | Uint8Array<ArrayBuffer>

/**
 * System calls that Node has no function for, made by the `syscall` of the C library in this very thread. Needs
 * `--experimental-ffi`. The caller answers for the arguments: the kernel writes to the addresses that it is given.
 */
export class KernelCalls {
  readonly #architecture: KnownArchitecture
  readonly #library = dlopen(null, {
    syscall: { arguments: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64'], return: 'i64' },
    __errno_location: { arguments: [], return: 'pointer' },
  })

  constructor(architecture: KnownArchitecture) {
    this.#architecture = architecture
  }

  /** The result of a call with at most five arguments. Throws a `KernelCallError`. */
  call(name: SyscallName, ...given: readonly CallArgument[]): number {
    const number = syscallNumber(name, this.#architecture)
    if (number === null) throw new RangeError(`${this.#architecture} has no system call ${name}`)
    const [first = 0n, second = 0n, third = 0n, fourth = 0n, fifth = 0n] = given.map(register)
    const { syscall, __errno_location: errnoLocation } = this.#library.functions
    const result = syscall(BigInt(number), first, second, third, fourth, fifth)
    if (result === -1n) throw new KernelCallError(name, getInt32(errnoLocation(), 0))
    return Number(result)
  }
}

/** The address of memory, which its owner must keep until the call has returned. */
export function addressOf(memory: Uint8Array<ArrayBuffer>): bigint {
  return getRawPointer(memory)
}

function register(argument: CallArgument): bigint {
  return argument instanceof Uint8Array ? addressOf(argument) : BigInt(argument)
}
