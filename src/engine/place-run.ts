import { JobFailureError } from '../domain/failure-codes.ts'
import { CPU_DEVICE } from './engine-device.ts'
import type { EngineDevice } from './engine-device.ts'

/** A card as it is at this moment, seen by one engine kind. */
export interface Candidate {
  readonly device: EngineDevice
  /** Null when its driver does not tell. */
  readonly freeVramMb: number | null
  /** The engine on it holds the model already, whose memory is then not needed again. */
  readonly hasModel: boolean
  readonly activeRuns: number
}

export interface PlacementRules {
  /** Memory that the model takes on a card, in MiB; 0 for none. */
  readonly needMb: number
  /** The strictest limit of the job and the operator; null for none. */
  readonly limitMb: number | null
  /** The engine can put a part of a model on the card and the rest in the machine's memory, as llama.cpp can. */
  readonly canSplit: boolean
  readonly accelMode: 'auto' | 'gpu' | 'cpu'
}

/**
 * Chooses the device of a run: a card that holds the model, else the idlest, else the one with most free memory. A model that no
 * card has room for goes to the processor when `ACCEL_MODE` is `auto`. Throws `E_OOM` when it is the job's limit, or what
 * others use of the card, that leaves no room, and `E_NOGPU` when no card is large enough.
 */
export function placeRun(candidates: readonly Candidate[], rules: PlacementRules): EngineDevice {
  const { needMb, limitMb, canSplit, accelMode } = rules
  if (candidates.length === 0 || accelMode === 'cpu') return CPU_DEVICE
  if (canSplit) return best(candidates).device
  if (limitMb !== null && needMb > limitMb) {
    throw new JobFailureError('E_OOM', `the model needs about ${needMb} MiB on a GPU, more than the limit of ${limitMb} MiB`)
  }
  const roomy = candidates.filter(({ hasModel, freeVramMb }) => hasModel || freeVramMb === null || freeVramMb >= needMb)
  if (roomy.length > 0) return best(roomy).device
  if (accelMode === 'auto') return CPU_DEVICE
  const largest = Math.max(...candidates.map(({ device }) => device.gpu?.vramMb ?? 0))
  if (largest >= needMb) {
    const free = Math.max(...candidates.map(({ freeVramMb }) => freeVramMb ?? 0))
    throw new JobFailureError('E_OOM', `the model needs about ${needMb} MiB on a GPU, and at most ${free} MiB are free now`)
  }
  throw new JobFailureError('E_NOGPU', `the model needs a GPU with about ${needMb} MiB, and the largest here has ${largest} MiB`)
}

function best(candidates: readonly Candidate[]): Candidate {
  const [first] = candidates.toSorted(
    (a, b) =>
      Number(b.hasModel) - Number(a.hasModel) ||
      a.activeRuns - b.activeRuns ||
      (b.freeVramMb ?? 0) - (a.freeVramMb ?? 0) ||
      (a.device.gpu?.index ?? 0) - (b.device.gpu?.index ?? 0),
  )
  if (first === undefined) throw new RangeError('no candidates')
  return first
}
