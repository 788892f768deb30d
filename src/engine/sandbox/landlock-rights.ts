// Of linux/landlock.h.
const EXECUTE = 1 << 0
const WRITE_FILE = 1 << 1
const READ_FILE = 1 << 2
const READ_DIR = 1 << 3
const REMOVE_DIR = 1 << 4
const REMOVE_FILE = 1 << 5
const MAKE_DIR = 1 << 7
const MAKE_REG = 1 << 8
const TRUNCATE = 1 << 14
const IOCTL_DEV = 1 << 15

const FIRST_ABI_RIGHTS = 0x1fff
const REFER_SINCE = 2
const TRUNCATE_SINCE = 3
const NETWORK_SINCE = 4
const IOCTL_DEV_SINCE = 5
const SCOPES_SINCE = 6

/** What a file can be allowed, as against a folder. */
const FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV

/** What an engine may do below a path. */
export type PathUse = 'read' | 'execute' | 'work' | 'device'

/**
 * `work` lets it make plain files and folders: no links, which would lead the host astray, no pipes to make it wait, no devices.
 */
const USES: Readonly<Record<PathUse, number>> = {
  read: READ_FILE | READ_DIR,
  execute: READ_FILE | EXECUTE,
  work: READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | MAKE_DIR | REMOVE_FILE | REMOVE_DIR,
  device: READ_FILE | READ_DIR | WRITE_FILE | IOCTL_DEV,
}

/** All that a version of Landlock can forbid: what is listed here and not allowed anywhere is forbidden. */
export interface HandledAccess {
  readonly files: number
  readonly network: number
  readonly scopes: number
  /** Size of `struct landlock_ruleset_attr` then. */
  readonly structBytes: number
}

/** What version `abi` of Landlock can forbid: each later one knows all rights of those before it. */
export function handledAccess(abi: number): HandledAccess {
  const newestRight =
    abi >= IOCTL_DEV_SINCE ? IOCTL_DEV : abi >= TRUNCATE_SINCE ? TRUNCATE : abi >= REFER_SINCE ? TRUNCATE >> 1 : 0
  return {
    files: FIRST_ABI_RIGHTS | (newestRight === 0 ? 0 : newestRight * 2 - 1),
    // Binding and connecting TCP.
    network: abi >= NETWORK_SINCE ? 0b11 : 0,
    // Connecting to abstract Unix sockets, and signals, outside of the sandbox.
    scopes: abi >= SCOPES_SINCE ? 0b11 : 0,
    structBytes: abi >= SCOPES_SINCE ? 24 : abi >= NETWORK_SINCE ? 16 : 8,
  }
}

/** The rights of a rule; of those that this version knows, and that a file has when the path is no folder. */
export function rightsOf(use: PathUse, abi: number, isFolder: boolean): number {
  return USES[use] & handledAccess(abi).files & (isFolder ? ~0 : FILE_RIGHTS)
}

/** Whether processes outside are safe from signals by Landlock alone. */
export function hasSignalScope(abi: number | null): boolean {
  return abi !== null && abi >= SCOPES_SINCE
}
