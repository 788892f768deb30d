import { JobFailureError } from '../domain/failure-codes.ts'
import type { Logger } from '../domain/ports.ts'
import type { WantedModel } from './model-fetch.ts'
import type { StoreFolder } from './store-folder.ts'

export interface MakeRoomDeps {
  readonly folder: StoreFolder
  readonly quotaBytes: number | null
  readonly freeBytes: () => Promise<number | null>
  readonly wanted: Pick<WantedModel, 'name' | 'sha256'>
  /** What the wanted model takes when it is here whole, with what has come of it already. */
  readonly bytes: number
  readonly logger: Logger
}

/** What else on the disk must not run out of space by a download. */
const RESERVE_BYTES = 256 * 1024 * 1024

/**
 * Removes what nobody uses until the wanted model fits into the quota and on the disk: first downloads that were given up, then
 * models, those that were not used for longest first. Rejects with `E_INPUT` when there is no room.
 */
export async function makeRoom(deps: MakeRoomDeps): Promise<void> {
  const { folder, quotaBytes, wanted, bytes, logger } = deps
  if (quotaBytes !== null && bytes > quotaBytes) {
    throw new JobFailureError(
      'E_INPUT',
      `model ${wanted.name} has ${bytes} bytes, more than this miner keeps for models (${quotaBytes})`,
    )
  }
  const partials = folder.partials.idle().filter((sha256) => sha256 !== wanted.sha256)
  const byAge = folder.list().toSorted((a, b) => a.usedAtMs - b.usedAtMs)
  for (;;) {
    const room = await roomFor(deps)
    if (room >= bytes) return
    const partial = partials.shift()
    if (partial !== undefined) {
      await folder.partials.forget(partial)
      logger.info('unfinished download removed to make room', { sha256: partial })
      continue
    }
    const oldest = byAge.shift()
    if (oldest === undefined) {
      const why = `it needs ${bytes} bytes, and ${Math.max(0, room)} are left beside the models in use here`
      throw new JobFailureError('E_INPUT', `no room for model ${wanted.name}: ${why}`)
    }
    if (await folder.remove(oldest.sha256)) {
      logger.info('model removed to make room', { model: oldest.name, sha256: oldest.sha256, bytes: oldest.bytes })
    }
  }
}

/** Bytes that the wanted model may take in all, beside what other downloads still bring. What has come of it lies on the disk already. */
async function roomFor({ folder, quotaBytes, freeBytes, wanted }: MakeRoomDeps): Promise<number> {
  const free = await freeBytes()
  const promised = folder.claims.promisedBytes(wanted.sha256)
  const here = folder.partials.bytesOf(wanted.sha256)
  const onDisk = free === null ? Number.MAX_SAFE_INTEGER : free - RESERVE_BYTES + here - promised
  if (quotaBytes === null) return onDisk
  const kept = folder.list().reduce((sum, { bytes }) => sum + bytes, 0) + folder.partials.bytes(wanted.sha256) + promised
  return Math.min(quotaBytes - kept, onDisk)
}
