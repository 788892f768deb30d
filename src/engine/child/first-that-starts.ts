import type { EngineBackend } from './engine-settings.ts'

/** Starts the library on the first back end that works here; the reasons against the others go to stderr. Rejects when none does. */
export async function firstThatStarts<T>(
  backends: readonly EngineBackend[],
  start: (backend: EngineBackend) => Promise<T>,
): Promise<T> {
  const reasons: string[] = []
  for (const backend of backends) {
    try {
      return await start(backend)
    } catch (error) {
      const reason = `back end ${backend} does not start: ${error instanceof Error ? error.message : String(error)}`
      process.stderr.write(`${reason}\n`)
      reasons.push(reason)
    }
  }
  throw new Error(reasons.join('; '))
}
