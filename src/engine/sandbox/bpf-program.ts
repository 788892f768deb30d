/** What a filter answers to a call: let it through, let it fail with this error number, or end the process. */
export type Verdict = 'allow' | 'kill' | { readonly errno: number }

/** A condition on 32 bits of an argument. Linux reads descriptors, flags and process ids from the lower half alone. */
export interface ArgumentTest {
  /** 0 to 5. */
  readonly argument: number
  readonly half?: 'low' | 'high'
  /** Bits that are looked at; all of them where it is left out. */
  readonly mask?: number
  readonly is: 'equal' | 'unequal' | 'any-bit'
  /** To compare with; the bits for `any-bit`. */
  readonly value: number
}

/** What is done with a call when all tests hold. */
export interface FilterRule {
  readonly call: number
  readonly tests: readonly ArgumentTest[]
  readonly verdict: Verdict
}

export interface FilterPlan {
  readonly auditArch: number
  /** Calls from this number on do not exist. */
  readonly firstUnknownCall: number
  readonly rules: readonly FilterRule[]
}

// Of linux/bpf_common.h, for words of 32 bits.
const LOAD = 0x20
const AND = 0x54
const JUMP_IF_EQUAL = 0x15
const JUMP_IF_AT_LEAST = 0x35
const JUMP_IF_ANY_BIT = 0x45
const RETURN = 0x06

// Of linux/seccomp.h: struct seccomp_data, and what a filter returns.
const CALL_AT = 0
const ARCH_AT = 4
const ARGUMENTS_AT = 16
const RETURN_ALLOW = 0x7fff0000
const RETURN_ERRNO = 0x00050000
const RETURN_KILL_PROCESS = 0x80000000

const INSTRUCTION_BYTES = 8
const ENOSYS = 38

interface Instruction {
  readonly code: number
  readonly k: number
  /** Instructions to skip when the condition holds, and when it does not. */
  readonly jumpTrue?: number
  readonly jumpFalse?: number
}

/**
 * A classic BPF program for seccomp, as an array of `struct sock_filter`. Calls of another architecture (32-bit calls on a 64-bit
 * machine) end the process, unknown ones fail with ENOSYS, and so do those of x32, whose numbers lie above all others. Rules are
 * tried in order; a call that none answers is allowed.
 */
export function bpfProgram({ auditArch, firstUnknownCall, rules }: FilterPlan): Uint8Array<ArrayBuffer> {
  const program: Instruction[] = [
    { code: LOAD, k: ARCH_AT },
    { code: JUMP_IF_EQUAL, k: auditArch, jumpTrue: 1 },
    returned('kill'),
    { code: LOAD, k: CALL_AT },
    { code: JUMP_IF_AT_LEAST, k: firstUnknownCall, jumpFalse: 1 },
    returned({ errno: ENOSYS }),
    ...rules.flatMap(ruleCode),
    returned('allow'),
  ]
  return encoded(program)
}

/** Begins and ends with the number of the call loaded. */
function ruleCode({ call, tests, verdict }: FilterRule): Instruction[] {
  let code: Instruction[] = [returned(verdict)]
  // From the last test to the first: each must know how far it is to the end.
  for (const test of tests.toReversed()) code = [...testCode(test, code.length), ...code]
  if (tests.length > 0) code.push({ code: LOAD, k: CALL_AT })
  return [{ code: JUMP_IF_EQUAL, k: call, jumpFalse: code.length }, ...code]
}

/** Goes on behind it when the test holds, else skips `toEnd` instructions. */
function testCode({ argument, half, mask, is, value }: ArgumentTest, toEnd: number): Instruction[] {
  const load = { code: LOAD, k: ARGUMENTS_AT + 8 * argument + (half === 'high' ? 4 : 0) }
  const loaded = mask === undefined ? [load] : [load, { code: AND, k: mask }]
  switch (is) {
    case 'equal':
      return [...loaded, { code: JUMP_IF_EQUAL, k: value, jumpFalse: toEnd }]
    case 'unequal':
      return [...loaded, { code: JUMP_IF_EQUAL, k: value, jumpTrue: toEnd }]
    case 'any-bit':
      return [...loaded, { code: JUMP_IF_ANY_BIT, k: value, jumpFalse: toEnd }]
    default:
      return is satisfies never
  }
}

function returned(verdict: Verdict): Instruction {
  if (verdict === 'allow') return { code: RETURN, k: RETURN_ALLOW }
  if (verdict === 'kill') return { code: RETURN, k: RETURN_KILL_PROCESS }
  return { code: RETURN, k: RETURN_ERRNO | verdict.errno }
}

function encoded(program: readonly Instruction[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, { code, k, jumpTrue = 0, jumpFalse = 0 }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES
    view.setUint16(at, code, true)
    view.setUint8(at + 2, jumpTrue)
    view.setUint8(at + 3, jumpFalse)
    view.setUint32(at + 4, k >>> 0, true)
  }
  return bytes
}
