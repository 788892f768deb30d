/** The machines whose system calls are known here; the names are those of `process.arch`. */
export type KnownArchitecture = 'x64' | 'arm64'

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h. */
export const AUDIT_ARCH: Readonly<Record<KnownArchitecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }

/** One more than the last call of Linux 6.18. What kernels will learn after it, an engine shall not be the first to use. */
export const FIRST_UNKNOWN_CALL = 470

/** Numbers of x86-64 and arm64, from the kernel's tables; null where a machine does not have the call. */
const NUMBERS = {
  // Network and local sockets
  socket: [41, 198],
  connect: [42, 203],
  accept: [43, 202],
  sendto: [44, 206],
  bind: [49, 200],
  listen: [50, 201],
  socketpair: [53, 199],
  accept4: [288, 242],
  // Other processes
  kill: [62, 129],
  tkill: [200, 130],
  tgkill: [234, 131],
  rt_sigqueueinfo: [129, 138],
  rt_tgsigqueueinfo: [297, 240],
  pidfd_send_signal: [424, 424],
  pidfd_open: [434, 434],
  pidfd_getfd: [438, 438],
  ptrace: [101, 117],
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  kcmp: [312, 272],
  process_madvise: [440, 440],
  process_mrelease: [448, 448],
  migrate_pages: [256, 238],
  move_pages: [279, 239],
  prlimit64: [302, 261],
  setpriority: [141, 140],
  sched_setparam: [142, 118],
  sched_setscheduler: [144, 119],
  sched_setattr: [314, 274],
  ioprio_set: [251, 30],
  setpgid: [109, 154],
  setsid: [112, 157],
  // New processes and name spaces
  clone: [56, 220],
  clone3: [435, 435],
  unshare: [272, 97],
  setns: [308, 268],
  // Descriptors
  ioctl: [16, 29],
  fcntl: [72, 25],
  // Files
  open: [2, null],
  openat: [257, 56],
  openat2: [437, 437],
  truncate: [76, 45],
  chmod: [90, null],
  fchmodat: [268, 53],
  fchmodat2: [452, 452],
  chown: [92, null],
  lchown: [94, null],
  fchownat: [260, 54],
  utime: [132, null],
  utimes: [235, null],
  futimesat: [261, null],
  utimensat: [280, 88],
  setxattr: [188, 5],
  lsetxattr: [189, 6],
  setxattrat: [463, 463],
  removexattr: [197, 14],
  lremovexattr: [198, 15],
  removexattrat: [466, 466],
  file_setattr: [469, 469],
  inotify_add_watch: [254, 27],
  fanotify_init: [300, 262],
  fanotify_mark: [301, 263],
  name_to_handle_at: [303, 264],
  open_by_handle_at: [304, 265],
  // Mounts
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  open_tree_attr: [467, 467],
  // Parts of the kernel with a long history of holes
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  add_key: [248, 217],
  request_key: [249, 218],
  keyctl: [250, 219],
  lookup_dcookie: [212, 18],
  modify_ldt: [154, null],
  vhangup: [153, 58],
  // What only root may do anyway
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  syslog: [103, 116],
  iopl: [172, null],
  ioperm: [173, null],
  // For the launcher itself
  prctl: [157, 167],
  landlock_create_ruleset: [444, 444],
  landlock_add_rule: [445, 445],
  landlock_restrict_self: [446, 446],
} as const satisfies Record<string, readonly [x64: number, arm64: number | null]>

export type SyscallName = keyof typeof NUMBERS

/** The number of a call; null where this machine does not have it. */
export function syscallNumber(name: SyscallName, architecture: KnownArchitecture): number | null {
  const [x64, arm64] = NUMBERS[name]
  return architecture === 'x64' ? x64 : arm64
}

/** The architecture that this process runs on; null for one whose calls are not known here. */
export function knownArchitecture(name: string): KnownArchitecture | null {
  return name === 'x64' || name === 'arm64' ? name : null
}
