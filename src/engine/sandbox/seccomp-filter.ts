import type { ArgumentTest, FilterRule } from './bpf-program.ts'
import { bpfProgram } from './bpf-program.ts'
import { AUDIT_ARCH, FIRST_UNKNOWN_CALL, syscallNumber } from './syscall-numbers.ts'
import type { KnownArchitecture, SyscallName } from './syscall-numbers.ts'

const EPERM = 1
const EACCES = 13
const ENOSYS = 38

const AF_UNIX = 1
const SOCK_STREAM = 1
const SOCK_TYPE_MASK = 0xf

/** All of CLONE_NEW…, and CLONE_PARENT: a process that is a child of the host. */
const REFUSED_CLONE = 0x7e028000

// Open with O_RDONLY|O_TRUNC: Landlock before its third version takes that for reading.
const O_ACCMODE = 3
const O_TRUNC = 0o1000

/** F_SETOWN, F_SETSIG, F_SETOWN_EX send signals to others; F_SETLEASE, F_NOTIFY tell of what others do with a file. */
const HARMFUL_FCNTL = [8, 10, 15, 1024, 1026]
/** TIOCSTI and TIOCLINUX write into a terminal as if its user had; FIOSETOWN and SIOCSPGRP send signals. */
const HARMFUL_IOCTL = [0x5412, 0x541c, 0x8901, 0x8902]

/** The network, and every local socket but the pairs that Node talks to its own children over. */
const SOCKETS: readonly SyscallName[] = ['socket', 'connect', 'bind', 'listen', 'accept', 'accept4']

/** Calls that libraries try and do without where they are missing; an answer of EPERM would be taken for a fault. */
const AS_IF_MISSING: readonly SyscallName[] = ['clone3', 'openat2', 'io_uring_setup', 'io_uring_enter', 'io_uring_register']

/** What no engine has a use for. */
const NEVER: readonly SyscallName[] = [
  // Looking into other processes, or at files past their paths
  'ptrace',
  'process_vm_readv',
  'process_vm_writev',
  'process_madvise',
  'process_mrelease',
  'kcmp',
  'pidfd_open',
  'pidfd_getfd',
  'pidfd_send_signal',
  'migrate_pages',
  'move_pages',
  'name_to_handle_at',
  'open_by_handle_at',
  // Leaving the process group that the host ends
  'setsid',
  'setpgid',
  // Landlock knows nothing of these; without it they change, or watch, any file of the same user
  'truncate',
  'chmod',
  'fchmodat',
  'fchmodat2',
  'chown',
  'lchown',
  'fchownat',
  'utime',
  'utimes',
  'futimesat',
  'setxattr',
  'lsetxattr',
  'setxattrat',
  'removexattr',
  'lremovexattr',
  'removexattrat',
  'file_setattr',
  'inotify_add_watch',
  'fanotify_init',
  'fanotify_mark',
  // Name spaces and mounts
  'unshare',
  'setns',
  'mount',
  'umount2',
  'pivot_root',
  'chroot',
  'open_tree',
  'open_tree_attr',
  'move_mount',
  'fsopen',
  'fsconfig',
  'fsmount',
  'fspick',
  'mount_setattr',
  // The kernel itself
  'bpf',
  'perf_event_open',
  'userfaultfd',
  'add_key',
  'request_key',
  'keyctl',
  'lookup_dcookie',
  'modify_ldt',
  'vhangup',
  'init_module',
  'finit_module',
  'delete_module',
  'kexec_load',
  'kexec_file_load',
  'reboot',
  'swapon',
  'swapoff',
  'acct',
  'quotactl',
  'quotactl_fd',
  'syslog',
  'iopl',
  'ioperm',
]

/** Signals to the process that the first argument names. `tkill` names a thread instead, which may be anybody's. */
const SIGNALS: readonly SyscallName[] = ['kill', 'tgkill', 'rt_sigqueueinfo', 'rt_tgsigqueueinfo']

/** -1 as a process id. */
const EVERYBODY = 0xffffffff

/** Calls that change how a process is scheduled, by the argument that says which; 0 is the caller itself. */
const SCHEDULING: readonly (readonly [SyscallName, argument: number])[] = [
  ['setpriority', 1],
  ['sched_setparam', 0],
  ['sched_setscheduler', 0],
  ['sched_setattr', 0],
  ['ioprio_set', 1],
]

export interface SeccompFilterOptions {
  readonly architecture: KnownArchitecture
  /** The engine's process id, which it keeps when its program is started. */
  readonly pid: number
  /** Whether Landlock keeps signals inside; otherwise the engine may signal itself alone, and not even its children. */
  readonly hasSignalScope: boolean
}

/** The filter of an engine: a list of what is refused, since drivers of graphics cards call what no list of what is allowed foresees. */
export function seccompFilter(options: SeccompFilterOptions): Uint8Array<ArrayBuffer> {
  const { architecture } = options
  const rules = allRules(options).flatMap(({ name, errno, tests }): FilterRule[] => {
    const call = syscallNumber(name, architecture)
    return call === null ? [] : [{ call, tests, verdict: { errno } }]
  })
  return bpfProgram({ auditArch: AUDIT_ARCH[architecture], firstUnknownCall: FIRST_UNKNOWN_CALL, rules })
}

interface NamedRule {
  readonly name: SyscallName
  readonly errno: number
  readonly tests: readonly ArgumentTest[]
}

function allRules({ pid, hasSignalScope }: SeccompFilterOptions): NamedRule[] {
  return [
    // First what is called most.
    ...HARMFUL_IOCTL.map((value) => refuse('ioctl', { argument: 1, is: 'equal', value })),
    ...HARMFUL_FCNTL.map((value) => refuse('fcntl', { argument: 1, is: 'equal', value })),
    refuse('openat', ...truncatesForReading(2)),
    refuse('open', ...truncatesForReading(1)),
    refuse('clone', { argument: 0, is: 'any-bit', value: REFUSED_CLONE }),
    // With an address, a datagram goes wherever it says; streams have none.
    ...anyPointer('sendto', 4),
    // With a path, it sets the times of a file; without, of an open one.
    ...anyPointer('utimensat', 1),
    refuse('socketpair', isNot(0, AF_UNIX)),
    refuse('socketpair', { argument: 1, mask: SOCK_TYPE_MASK, is: 'unequal', value: SOCK_STREAM }),
    refuse('prlimit64', isNot(0, 0), isNot(0, pid)),
    ...SCHEDULING.map(([name, argument]) => refuse(name, isNot(argument, 0))),
    // Landlock keeps such a signal inside, and answers as if it had been sent.
    refuse('kill', { argument: 0, is: 'equal', value: EVERYBODY }),
    ...(hasSignalScope ? [] : [...SIGNALS.map((name) => refuse(name, isNot(0, pid))), refuse('tkill')]),
    ...SOCKETS.map((name) => ({ name, errno: EACCES, tests: [] })),
    ...AS_IF_MISSING.map((name) => ({ name, errno: ENOSYS, tests: [] })),
    ...NEVER.map((name) => refuse(name)),
  ]
}

function refuse(name: SyscallName, ...tests: readonly ArgumentTest[]): NamedRule {
  return { name, errno: EPERM, tests }
}

function isNot(argument: number, value: number): ArgumentTest {
  return { argument, is: 'unequal', value }
}

function truncatesForReading(argument: number): ArgumentTest[] {
  return [
    { argument, is: 'any-bit', value: O_TRUNC },
    { argument, mask: O_ACCMODE, is: 'equal', value: 0 },
  ]
}

function anyPointer(name: SyscallName, argument: number): NamedRule[] {
  const halves = ['low', 'high'] as const
  return halves.map((half) => refuse(name, { argument, half, is: 'unequal', value: 0 }))
}
