import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'

const OutputInfoSchema = z.object({ lease_id: z.string(), media_type: z.string(), sha256: z.string(), size: z.number() })
const OutputBytesSchema = z.object({ media_type: z.string(), sha256: z.string(), bytes: z.instanceof(Uint8Array) })

/** An output without its bytes. `lease_id` is the lease under which it was uploaded. */
export type OutputInfo = z.infer<typeof OutputInfoSchema>

/** The latest output of each job. */
export class OutputTable {
  readonly #put: StatementSync
  readonly #info: StatementSync
  readonly #bytes: StatementSync

  constructor(database: DatabaseSync) {
    this.#put = database.prepare(
      'INSERT OR REPLACE INTO outputs (job_id, lease_id, media_type, sha256, bytes) VALUES (?, ?, ?, ?, ?)',
    )
    this.#info = database.prepare('SELECT lease_id, media_type, sha256, length(bytes) AS size FROM outputs WHERE job_id = ?')
    this.#bytes = database.prepare('SELECT media_type, sha256, bytes FROM outputs WHERE job_id = ?')
  }

  put(jobId: string, output: Omit<OutputInfo, 'size'>, bytes: Uint8Array): void {
    this.#put.run(jobId, output.lease_id, output.media_type, output.sha256, bytes)
  }

  info(jobId: string): OutputInfo | null {
    const row = this.#info.get(jobId)
    return row === undefined ? null : OutputInfoSchema.parse(row)
  }

  read(jobId: string): z.infer<typeof OutputBytesSchema> | null {
    const row = this.#bytes.get(jobId)
    return row === undefined ? null : OutputBytesSchema.parse(row)
  }
}
