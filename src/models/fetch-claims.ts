import { diskFailure } from './disk-failure.ts'
import { ProcessNotes } from './process-notes.ts'

/** Which process fetches which model, and how many bytes that will have: notes for all processes on this store. */
export class FetchClaims {
  readonly #root: string
  readonly #notes: ProcessNotes
  readonly #hereBytes: (sha256: string) => number
  /** What this process fetches. */
  readonly #claimed = new Set<string>()

  constructor(root: string, hereBytes: (sha256: string) => number) {
    this.#root = root
    this.#notes = new ProcessNotes(root)
    this.#hereBytes = hereBytes
  }

  /** Rejects with the system's error. */
  async open(): Promise<void> {
    await this.#notes.open()
  }

  has(sha256: string): boolean {
    return this.#notes.has(sha256)
  }

  /** Notes that this process fetches a model. False when that, or another process, does so already. Throws `E_INPUT` where the disk does not take the note. */
  claim(sha256: string): boolean {
    if (this.#claimed.has(sha256) || this.#notes.hasOther(sha256)) return false
    this.promise(sha256, 0)
    // Another may have looked and noted at the same time: whoever sees both steps back.
    if (this.#notes.hasOther(sha256)) {
      this.#notes.take(sha256)
      return false
    }
    this.#claimed.add(sha256)
    return true
  }

  unclaim(sha256: string): void {
    this.#claimed.delete(sha256)
    this.#notes.take(sha256)
  }

  /** Notes how many bytes the model that is fetched will have, so that nobody gives away the room for them. */
  promise(sha256: string, bytes: number): void {
    try {
      this.#notes.put(sha256, String(bytes))
    } catch (error) {
      throw diskFailure(this.#root, error)
    }
  }

  /** Bytes that are still to come of all other models that are being fetched. */
  promisedBytes(except: string): number {
    const others = this.#notes.all().filter(({ sha256 }) => sha256 !== except)
    return others.reduce((sum, { sha256, text }) => sum + Math.max(0, (Number(text) || 0) - this.#hereBytes(sha256)), 0)
  }
}
