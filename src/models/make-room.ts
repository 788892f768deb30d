import { JobFailureError } from '../domain/failure-codes.ts'
import type { Logger } from '../domain/ports.ts'
import type { WantedModel } from './model-fetch.ts'
import type { StoreFolder } from './store-folder.ts'

export interface MakeRoomDeps {
  readonly folder: StoreFolder
  readonly quotaBytes: number | null
  readonly freeBytes: () => Promise<number | null>
  readonly wanted: Pick<WantedModel, 'name' | 'sha256' | 'bytes'>
  readonly logger: Logger
}

/** What else on the disk must not run out of space by a download. */
const RESERVE_BYTES = 256 * 1024 * 1024

/**
 * Removes fetched models, those that were not used for longest first and never one in use, until the wanted one fits into the quota
 * and on the disk. Returns how many bytes may come; rejects with `E_INPUT` when there is no room.
 */
export async function makeRoom({ folder, quotaBytes, freeBytes, wanted, logger }: MakeRoomDeps): Promise<number> {
  const need = wanted.bytes ?? 0
  if (quotaBytes !== null && need > quotaBytes) {
    throw new JobFailureError('E_INPUT', `model ${wanted.name} has ${need} bytes, more than this miner keeps for models (${quotaBytes})`)
  }
  const byAge = folder.list().toSorted((a, b) => a.usedAtMs - b.usedAtMs)
  for (;;) {
    const room = await roomFor({ folder, quotaBytes, freeBytes, wanted })
    if (room > 0 && room >= need) return room
    const oldest = byAge.shift()
    if (oldest === undefined) {
      throw new JobFailureError('E_INPUT', `no room for model ${wanted.name}: it needs ${need} bytes, and ${Math.max(0, room)} are left for models in use here`)
    }
    if (await folder.remove(oldest.sha256)) {
      logger.info('model removed to make room', { model: oldest.name, sha256: oldest.sha256, bytes: oldest.bytes })
    }
  }
}

async function roomFor({ folder, quotaBytes, freeBytes, wanted }: Omit<MakeRoomDeps, 'logger'>): Promise<number> {
  const kept = folder.list().reduce((sum, { bytes }) => sum + bytes, 0) + folder.partialBytes(wanted.sha256)
  const free = await freeBytes()
  const onDisk = free === null ? Number.MAX_SAFE_INTEGER : free - RESERVE_BYTES
  return Math.min(quotaBytes === null ? Number.MAX_SAFE_INTEGER : quotaBytes - kept, onDisk)
}
