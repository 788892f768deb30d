import { idIn } from './id-in-body.ts'

const MAX_CALLERS = 1_000

/** The last job that each caller was handed, word for word, to be handed out again. */
export class HandedOutJobs {
  readonly #byCaller = new Map<string, Buffer>()
  #last: Buffer | null = null

  /** Takes the body of a 200 to `next`; one without a job is let go. */
  note(keyId: string, body: Buffer): void {
    if (idIn(body) === null) return
    this.#last = body
    if (this.#byCaller.size >= MAX_CALLERS) this.#byCaller.clear()
    this.#byCaller.set(keyId, body)
  }

  /** The last that this caller was handed, or, with null, that anyone was; null when there was none. */
  lastOf(keyId: string | null): Buffer | null {
    return keyId === null ? this.#last : (this.#byCaller.get(keyId) ?? null)
  }
}
