/**
 * Every error that an operator can meet, with its code. Codes are never reused.
 * `docs/errors.md` explains each; a test holds the two together.
 *
 * - user: a setting or an argument must be changed
 * - transient: it may go away by itself; we try again
 * - fatal: the daemon cannot go on
 * - bug: our mistake; please report it
 */
export const ERRORS = {
  AITBC_CONFIG: { kind: 'user' },
  AITBC_USAGE: { kind: 'user' },
  AITBC_STATE_DIR: { kind: 'user' },
  AITBC_ALREADY_RUNNING: { kind: 'user' },
  AITBC_NOT_RUNNING: { kind: 'user' },
  AITBC_WORK_DIR: { kind: 'user' },
  AITBC_DESCRIPTORS: { kind: 'transient' },
  AITBC_INSECURE_URL: { kind: 'user' },
  AITBC_COORD_AUTH: { kind: 'user' },
  AITBC_COORD_UNREACHABLE: { kind: 'transient' },
  AITBC_COORD_REJECTED: { kind: 'transient' },
  AITBC_COORD_ANSWER: { kind: 'transient' },
  AITBC_JOURNAL_OPEN: { kind: 'fatal' },
  AITBC_JOURNAL_NEWER: { kind: 'fatal' },
  AITBC_JOURNAL_WRITE: { kind: 'fatal' },
  AITBC_JOURNAL_STATE: { kind: 'bug' },
  AITBC_CONTROL: { kind: 'transient' },
  AITBC_BUG: { kind: 'bug' },
} as const satisfies Record<string, { kind: 'user' | 'transient' | 'fatal' | 'bug' }>

export type ErrorCode = keyof typeof ERRORS
export type ErrorKind = (typeof ERRORS)[ErrorCode]['kind']

/**
 * The one error class of the daemon. The message says what failed, with which value, and what to do;
 * lower-case start, no full stop. Facts that code reads are in `facts`.
 */
export class AitbcError extends Error {
  override readonly name = 'AitbcError'
  readonly code: ErrorCode
  readonly facts: Readonly<Record<string, string | number | boolean>>

  constructor(
    code: ErrorCode,
    message: string,
    options: ErrorOptions & { facts?: Record<string, string | number | boolean> } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.facts = options.facts ?? {}
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind
  }
}
