import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InputRef } from '../domain/job.ts'
import type { FetchedInput, InputSource } from '../domain/models.ts'
import type { FileFetcher } from './file-fetcher.ts'

/**
 * Fetches the inputs of jobs, each under its number: names of jobs never become names of files. The operator's token does not go
 * along: a job hands on what it reads, and what only the operator may read is not the sender's to see.
 */
export class InputFetcher implements InputSource {
  readonly #fetcher: FileFetcher

  constructor(fetcher: FileFetcher) {
    this.#fetcher = fetcher
  }

  async fetchAll(
    inputs: readonly InputRef[],
    folder: string,
    maxBytes: number,
    signal: AbortSignal,
  ): Promise<readonly FetchedInput[]> {
    const into = join(folder, 'inputs')
    await mkdir(into, { recursive: true })
    const fetched: FetchedInput[] = []
    let left = maxBytes
    for (const [at, { name, uri, sha256, bytes, mediaType }] of inputs.entries()) {
      const path = join(into, String(at))
      const done = await this.#fetcher.fetch({
        uri,
        toPath: path,
        sha256,
        bytes,
        maxBytes: left,
        isAnonymous: true,
        signal,
        onBytes: () => {},
      })
      left -= done.bytes
      fetched.push({ name, path, mediaType, ...done })
    }
    return fetched
  }
}
