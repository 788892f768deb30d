import type { LockFile } from './lock-file.ts'
import type { ModuleGraph } from './module-graph.ts'
import type { Target } from './target.ts'
import type { Compression } from './write-deb.ts'

/** What every package is made from. Paths are from the root of the checkout. */
export interface BuildContext {
  readonly version: string
  /** The time of the commit, in seconds since 1970. */
  readonly seconds: number
  readonly target: Target
  /** Compiled JavaScript, in the folders of its sources. */
  readonly compiled: string
  /** Npm packages that the checkout does not have. */
  readonly cache: string
  /** Where trees are put together. */
  readonly staging: string
  /** Where packages are put. */
  readonly output: string
  readonly compression: Compression
  readonly lock: LockFile
  readonly graph: ModuleGraph
}
