import { AitbcError } from '../domain/errors.ts'
import type { Clock } from '../domain/ports.ts'
import type { FileIdentity } from '../platform/file-identity.ts'

const EVERY_MS = 10_000

export interface WatchFilesDeps {
  readonly stateDir: string
  /** Files of the state folder that stay the same as long as the daemon runs. */
  readonly files: readonly Pick<FileIdentity, 'path' | 'isUnchanged'>[]
  readonly clock: Clock
  /** Called once, when one of them is gone or has been replaced. */
  readonly onLost: (error: AitbcError) => void
}

/**
 * Looks now and then whether the state folder is still the one that the miner works in. Nothing else would tell: open
 * files outlive their names, so that a journal that is gone takes jobs as if it were there, and keeps none of them.
 * Call the returned function to end it.
 */
export function watchFiles(deps: WatchFilesDeps): () => void {
  const stop = new AbortController()
  void watch(deps, stop.signal)
  return () => stop.abort()
}

async function watch({ stateDir, files, clock, onLost }: WatchFilesDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const lost = files.find((file) => !file.isUnchanged())
    if (lost !== undefined) {
      onLost(lostError(lost.path, stateDir))
      return
    }
    await clock.sleep(EVERY_MS, signal)
  }
}

function lostError(path: string, stateDir: string): AitbcError {
  return new AitbcError(
    'AITBC_JOURNAL_WRITE',
    `${path} was removed or replaced while the miner was running, and what it holds would be lost: ` +
      `put the state folder ${stateDir} back as it was if you can, let nothing else write there, and start the miner again`,
    { facts: { path } },
  )
}
