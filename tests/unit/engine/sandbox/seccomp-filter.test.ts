import { describe, expect, it } from 'vitest'
import { seccompFilter } from '../../../../src/engine/sandbox/seccomp-filter.ts'
import { AUDIT_ARCH, syscallNumber } from '../../../../src/engine/sandbox/syscall-numbers.ts'
import type { KnownArchitecture, SyscallName } from '../../../../src/engine/sandbox/syscall-numbers.ts'

const PID = 4711
const ALLOWED = 0x7fff0000
const EPERM = 0x50001
const EACCES = 0x5000d
const ENOSYS = 0x50026
const KILLED = 0x80000000

/** What a program of classic BPF returns for a `struct seccomp_data`, by the kernel's description of the instructions in use. */
function interpret(program: Uint8Array, data: DataView): number {
  const view = new DataView(program.buffer)
  let accumulator = 0
  for (let at = 0; at < program.length / 8; at++) {
    const k = view.getUint32(8 * at + 4, true)
    const jump = (isTrue: boolean): number => view.getUint8(8 * at + (isTrue ? 2 : 3))
    const code = view.getUint16(8 * at, true)
    if (code === 0x06) return k
    else if (code === 0x20) accumulator = data.getUint32(k, true)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x15) at += jump(accumulator === k)
    else if (code === 0x35) at += jump(accumulator >= k)
    else if (code === 0x45) at += jump((accumulator & k) !== 0)
    else throw new Error(`unknown instruction ${code} at ${at}`)
  }
  throw new Error('the program has no end')
}

function verdict(architecture: KnownArchitecture, call: SyscallName | number, ...given: readonly number[]): number {
  const number = typeof call === 'number' ? call : syscallNumber(call, architecture)
  if (number === null) throw new Error(`${architecture} has no ${call}`)
  const data = new DataView(new ArrayBuffer(64))
  data.setInt32(0, number, true)
  data.setUint32(4, AUDIT_ARCH[architecture], true)
  for (const [index, value] of given.entries()) data.setBigInt64(16 + 8 * index, BigInt(value), true)
  return interpret(seccompFilter({ architecture, pid: PID, hasSignalScope: false }), data)
}

describe.each(['x64', 'arm64'] as const)('the filter of calls on %s', (architecture) => {
  const answer = (call: SyscallName | number, ...given: readonly number[]): number => verdict(architecture, call, ...given)

  it('refuses sockets, and allows the pairs of streams that a process talks to its children over', () => {
    for (const family of [1, 2, 10, 16, 17]) expect(answer('socket', family, 1, 0)).toBe(EACCES)
    expect(answer('connect', 3)).toBe(EACCES)
    expect(answer('socketpair', 1, 1 | 0o2004000)).toBe(ALLOWED)
    expect(answer('socketpair', 1, 2 | 0o2000000)).toBe(EPERM)
    expect(answer('socketpair', 2, 1)).toBe(EPERM)
    expect(answer('sendto', 3, 0x7f00_0000_1000, 5, 0, 0)).toBe(ALLOWED)
    expect(answer('sendto', 3, 0x7f00_0000_1000, 5, 0, 0x7f00_0000_0000)).toBe(EPERM)
  })

  it('allows signals to itself alone where Landlock does not keep them inside', () => {
    expect(answer('kill', PID, 9)).toBe(ALLOWED)
    for (const other of [1, 0, -1, -PID, PID + 1]) expect(answer('kill', other, 9)).toBe(EPERM)
    expect(answer('tgkill', PID, PID + 2, 6)).toBe(ALLOWED)
    expect(answer('tkill', PID)).toBe(EPERM)
    expect(answer('fcntl', 3, 8, 1)).toBe(EPERM)
    expect(answer('fcntl', 3, 3, 0)).toBe(ALLOWED)
  })

  it('allows threads and children, in no name space of their own', () => {
    expect(answer('clone', 0x3d0f00)).toBe(ALLOWED)
    expect(answer('clone', 17)).toBe(ALLOWED)
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000, 0x8000]) {
      expect(answer('clone', 17 + flag)).toBe(EPERM)
    }
    expect(answer('clone3', 0, 0)).toBe(ENOSYS)
  })

  it('allows a process to limit and to order itself, and nobody else', () => {
    expect(answer('prlimit64', 0, 7)).toBe(ALLOWED)
    expect(answer('prlimit64', PID, 7)).toBe(ALLOWED)
    expect(answer('prlimit64', PID + 1, 7)).toBe(EPERM)
    expect(answer('setpriority', 0, 0, 5)).toBe(ALLOWED)
    expect(answer('setpriority', 0, 1, 5)).toBe(EPERM)
  })

  it('refuses to empty a file that is opened for reading, and to set times by a path', () => {
    expect(answer('openat', -100, 4096, 0o1000)).toBe(EPERM)
    expect(answer('openat', -100, 4096, 0o1101)).toBe(ALLOWED)
    expect(answer('openat', -100, 4096, 0)).toBe(ALLOWED)
    expect(answer('utimensat', 5, 0, 4096)).toBe(ALLOWED)
    expect(answer('utimensat', -100, 0x7f00_0000_0000, 4096)).toBe(EPERM)
  })

  it('ends a process that makes calls of another machine, and knows none that kernels have not got yet', () => {
    const data = new DataView(new ArrayBuffer(64))
    data.setUint32(4, 0x40000003, true)
    expect(interpret(seccompFilter({ architecture, pid: PID, hasSignalScope: true }), data)).toBe(KILLED)
    expect(answer(470)).toBe(ENOSYS)
    expect(answer(0x40000000 + 39)).toBe(ENOSYS)
  })

  it('lets reading, writing, waiting and mapping through', () => {
    const common = architecture === 'x64' ? [0, 1, 9, 202, 232, 59, 262] : [63, 64, 222, 98, 22, 221, 79]
    for (const call of common) expect(answer(call, 3, 4096, 4096, 0, 0)).toBe(ALLOWED)
  })
})
