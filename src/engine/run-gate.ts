interface Waiting {
  readonly isAlone: boolean
  readonly admit: () => void
}

/**
 * Lets runs into a child: up to `places` together, or one alone. First come, first served: one that wants to be alone
 * is not overtaken.
 */
export class RunGate {
  readonly #places: number
  #inside = 0
  #isTakenAlone = false
  readonly #queue: Waiting[] = []

  constructor(places: number) {
    this.#places = places
  }

  /** Resolves with the function that gives the place back; rejects with the signal's reason. */
  async enter(isAlone: boolean, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1)
        reject(signal.reason)
        this.#admitWaiting()
      }
      const waiting: Waiting = {
        isAlone,
        admit: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#queue.push(waiting)
      this.#admitWaiting()
    })
    return () => {
      this.#inside--
      this.#isTakenAlone = false
      this.#admitWaiting()
    }
  }

  #admitWaiting(): void {
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const isFree = head.isAlone ? this.#inside === 0 : !this.#isTakenAlone && this.#inside < this.#places
      if (!isFree) return
      this.#queue.shift()
      this.#inside++
      this.#isTakenAlone = head.isAlone
      head.admit()
    }
  }
}
