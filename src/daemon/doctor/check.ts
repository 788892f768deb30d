import type { MinerConfig } from '../../config/miner-config.ts'
import type { Clock } from '../../domain/ports.ts'
import type { DoctorMachine } from './doctor-machine.ts'
import type { Finding } from './finding.ts'
import type { HealthAnswer } from './ask-health.ts'
import type { Viewpoint } from './viewpoint.ts'

/** What checks look at. What several of them need is asked for once. */
export interface DoctorContext {
  readonly config: MinerConfig
  readonly version: string
  /** As engines and tools are to see it. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly viewpoint: Viewpoint
  readonly clock: Clock
  readonly machine: DoctorMachine
  /** The coordinator's answer to a call without a key. */
  readonly health: (signal: AbortSignal) => Promise<HealthAnswer>
}

/**
 * One question that the doctor asks. It changes nothing that outlasts it, takes no job, and tells no coordinator anything but
 * the key. What it throws is shown as its failure.
 */
export interface Check {
  /** Part of the stable output of `aitbc-miner doctor --json`. */
  readonly id: string
  readonly name: string
  /** Ids of checks that must not have failed, or been skipped, before. */
  readonly needs: readonly string[]
  /** After that it counts as failed. */
  readonly limitMs: number
  /** What to do when it took too long; some general advice where it is left out. */
  readonly ifLate?: string
  /** No finding at all where the question does not arise. */
  readonly run: (context: DoctorContext, signal: AbortSignal) => Promise<readonly Finding[]>
}
