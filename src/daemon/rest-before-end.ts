import { setTimeout as sleep } from 'node:timers/promises'

/** Thirty lives of this length, with the pause of ten seconds between them, are longer than the half hour in which systemd allows thirty starts. */
const SHORTEST_LIFE_MS = 60_000

/**
 * Resolves when a service that ends for a fault that may pass, such as a full disk, has lived long enough to be started again for as
 * long as the fault lasts: ended at once, the start limit of its unit would leave it down for good after a few minutes. A signal ends it
 * meanwhile. `uptimeMs` is how long the process has lived. Resolves at once where nobody starts it again (`notifySocket` not set).
 */
export async function restBeforeEnd(notifySocket: string | undefined, uptimeMs: number): Promise<void> {
  const restMs = SHORTEST_LIFE_MS - uptimeMs
  if (notifySocket !== undefined && notifySocket !== '' && restMs > 0) await sleep(restMs)
}
