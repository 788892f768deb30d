import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import type { Downloaded } from './download.ts'

const record = z.record(z.string(), z.object({ sha256: z.string(), bytes: z.number() }))

/** Which files of a download have come whole, so that a later try does not fetch them again. */
export class FinishedFiles {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  /** What came of this file, when it still lies at `at` as it came; null otherwise. */
  async find(name: string, at: string, signal: AbortSignal): Promise<Downloaded | null> {
    const known = (await this.#read()).get(name)
    if (known === undefined) return null
    const hash = createHash('sha256')
    try {
      await pipeline(createReadStream(at), hash, { signal })
    } catch {
      signal.throwIfAborted()
      return null
    }
    return hash.digest('hex') === known.sha256 ? known : null
  }

  async add(name: string, { sha256, bytes }: Downloaded): Promise<void> {
    const known = (await this.#read()).set(name, { sha256, bytes })
    await writeFile(this.#path, JSON.stringify(Object.fromEntries(known)))
  }

  async #read(): Promise<Map<string, Downloaded>> {
    try {
      return new Map(Object.entries(record.parse(JSON.parse(await readFile(this.#path, 'utf8')))))
    } catch {
      return new Map()
    }
  }
}
