import { JobFailureError } from '../domain/failure-codes.ts'
import type { Logger } from '../domain/ports.ts'
import type { WantedModel } from './model-fetch.ts'
import type { StoreFolder } from './store-folder.ts'
import type { WantedRoom } from './wanted-room.ts'

export interface MakeRoomDeps {
  readonly folder: StoreFolder
  readonly quotaBytes: number | null
  readonly freeBytes: () => Promise<number | null>
  readonly wanted: Pick<WantedModel, 'name' | 'sha256'>
  readonly room: WantedRoom
  readonly logger: Logger
}

/** What else on the disk must not run out of space by a download. */
const RESERVE_BYTES = 256 * 1024 * 1024

/**
 * Removes what nobody uses until what comes next of the wanted model fits into the quota and on the disk: first downloads that were
 * given up, then models, those that were not used for longest first. Rejects with `E_INPUT` when there would be no room for the whole
 * model. A server may lie about its size: no more is removed than what has come of it has taken, and nothing where that would not suffice.
 */
export async function makeRoom(deps: MakeRoomDeps): Promise<void> {
  const { folder, quotaBytes, wanted, room, logger } = deps
  const { wholeBytes, nextBytes } = room
  if (quotaBytes !== null && wholeBytes > quotaBytes) {
    throw new JobFailureError(
      'E_INPUT',
      `model ${wanted.name} has ${wholeBytes} bytes, more than this miner keeps for models (${quotaBytes})`,
    )
  }
  const partials = folder.partials.idle().filter((sha256) => sha256 !== wanted.sha256)
  const byAge = folder
    .list()
    .filter(({ sha256 }) => !folder.isHeld(sha256))
    .toSorted((a, b) => a.usedAtMs - b.usedAtMs)
  const promised = folder.claims.promisedBytes(wanted.sha256)
  const removable =
    partials.reduce((sum, sha256) => sum + folder.partials.bytesOf(sha256), 0) + byAge.reduce((sum, { bytes }) => sum + bytes, 0)
  const most = (await roomFor(deps)) - promised + removable
  if (most < wholeBytes) throw noRoom(wanted.name, wholeBytes, most)
  for (;;) {
    const left = await roomFor(deps)
    if (left >= nextBytes) return
    const partial = partials.shift()
    if (partial !== undefined) {
      await folder.partials.forget(partial)
      logger.info('unfinished download removed to make room', { sha256: partial })
      continue
    }
    const oldest = byAge.shift()
    if (oldest === undefined) throw noRoom(wanted.name, nextBytes, left)
    if (await folder.remove(oldest.sha256)) {
      logger.info('model removed to make room', { model: oldest.name, sha256: oldest.sha256, bytes: oldest.bytes })
    }
  }
}

/** Bytes that the wanted model may take in all beside what is here. What has come of it lies on the disk already. */
async function roomFor({ folder, quotaBytes, freeBytes, wanted }: MakeRoomDeps): Promise<number> {
  const free = await freeBytes()
  const here = folder.partials.bytesOf(wanted.sha256)
  const onDisk = free === null ? Number.MAX_SAFE_INTEGER : free - RESERVE_BYTES + here
  if (quotaBytes === null) return onDisk
  const kept = folder.list().reduce((sum, { bytes }) => sum + bytes, 0) + folder.partials.bytes(wanted.sha256)
  return Math.min(quotaBytes - kept, onDisk)
}

function noRoom(name: string, bytes: number, left: number): JobFailureError {
  const why = `it needs ${bytes} bytes, and ${Math.max(0, left)} are left beside the models in use here`
  return new JobFailureError('E_INPUT', `no room for model ${name}: ${why}`)
}
