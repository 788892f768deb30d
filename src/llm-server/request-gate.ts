/** Lets so many requests at a time through, first come, first served. */
export class RequestGate {
  readonly #places: number
  readonly #queue = new Set<() => void>()
  #inside = 0

  constructor(places: number) {
    this.#places = places
  }

  /** Requests that are through and have not left. */
  get inside(): number {
    return this.#inside
  }

  /** Resolves with the function that gives the place back; rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (this.#inside < this.#places) this.#inside++
    else await this.#wait(signal)
    let isGivenBack = false
    return () => {
      if (isGivenBack) return
      isGivenBack = true
      this.#leave()
    }
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const admit = (): void => {
        signal.removeEventListener('abort', onAbort)
        resolve()
      }
      const onAbort = (): void => {
        this.#queue.delete(admit)
        reject(signal.reason)
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#queue.add(admit)
    })
  }

  /** The place goes to the next in line, without being free in between. */
  #leave(): void {
    const [next] = this.#queue
    if (next === undefined) {
      this.#inside--
      return
    }
    this.#queue.delete(next)
    next()
  }
}
