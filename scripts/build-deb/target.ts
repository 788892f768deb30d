/** A processor that packages are built for. */
export interface Target {
  /** Debian's name of it. */
  readonly architecture: 'amd64' | 'arm64'
  /** Node's and npm's name of it. */
  readonly cpu: 'x64' | 'arm64'
  /** The start of the names of GNU's tools for it. */
  readonly gnuTriplet: string
}

/** The processors there are pinned runtimes for. */
export const TARGETS: readonly Target[] = [
  { architecture: 'amd64', cpu: 'x64', gnuTriplet: 'x86_64-linux-gnu' },
  { architecture: 'arm64', cpu: 'arm64', gnuTriplet: 'aarch64-linux-gnu' },
]

const PLATFORM = /(?:^|[/-])(linux|mac|darwin|win|win32|freebsd|android)-(x64|arm64|armv7l|riscv64|ia32)(?:-([a-z-]+))?$/

/**
 * Whether an npm package is for this target, told by its name, which is where packages with native parts put their platform
 * (`@reflink/reflink-linux-x64-gnu`). CUDA builds are for a package of their own.
 */
export function isForTarget(name: string, target: Target): boolean {
  const [, system, cpu, variant = ''] = PLATFORM.exec(name) ?? []
  if (system === undefined) return true
  return system === 'linux' && cpu === target.cpu && variant !== 'musl' && !variant.startsWith('cuda')
}
