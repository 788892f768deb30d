import { AitbcError } from '../domain/errors.ts'

/** How a command ends, after sysexits.h where that has a number for it. Part of the stable interface. */
export const EXIT_CODES = {
  OK: { code: 0, meaning: 'done' },
  UNEXPECTED: { code: 1, meaning: 'an error that no other code names; the message tells more' },
  USAGE: { code: 2, meaning: 'the command line is wrong' },
  UNAVAILABLE: { code: 69, meaning: 'the miner is not running' },
  TEMPORARY: { code: 75, meaning: 'it failed for now; the same command may succeed later' },
  PERMISSION: { code: 77, meaning: 'permission denied; try sudo' },
  CONFIG: { code: 78, meaning: 'the configuration, or what the message names, must be changed first' },
} as const satisfies Record<string, { code: number; meaning: string }>

/** The exit code for an error that ended a command. */
export function exitCodeOf(error: unknown): number {
  if (!(error instanceof AitbcError)) return EXIT_CODES.UNEXPECTED.code
  switch (error.code) {
    case 'AITBC_USAGE':
      return EXIT_CODES.USAGE.code
    case 'AITBC_NOT_RUNNING':
      return EXIT_CODES.UNAVAILABLE.code
    case 'AITBC_CONFIG':
    case 'AITBC_INSECURE_URL':
    case 'AITBC_COORD_AUTH':
    // After a downgrade: a person must choose the version or another STATE_DIR, so that starting again is of no use.
    case 'AITBC_JOURNAL_NEWER':
      return EXIT_CODES.CONFIG.code
    case 'AITBC_JOURNAL_OPEN':
      // A damaged file does not heal: a person must move it away.
      return error.facts['isDamaged'] === true ? EXIT_CODES.CONFIG.code : EXIT_CODES.TEMPORARY.code
    case 'AITBC_STATE_DIR':
    case 'AITBC_WORK_DIR':
      // A disk may have room again without a change of the configuration.
      return error.facts['isPassing'] === true ? EXIT_CODES.TEMPORARY.code : EXIT_CODES.CONFIG.code
    case 'AITBC_CONTROL':
      return error.facts['permissionDenied'] === true ? EXIT_CODES.PERMISSION.code : EXIT_CODES.TEMPORARY.code
    case 'AITBC_ALREADY_RUNNING':
    case 'AITBC_DESCRIPTORS':
    case 'AITBC_COORD_UNREACHABLE':
    case 'AITBC_COORD_REJECTED':
    case 'AITBC_COORD_ANSWER':
    case 'AITBC_JOURNAL_WRITE':
      return EXIT_CODES.TEMPORARY.code
    case 'AITBC_JOURNAL_STATE':
    case 'AITBC_BUG':
      return EXIT_CODES.UNEXPECTED.code
    default:
      return error.code satisfies never
  }
}
