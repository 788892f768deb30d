/** How one of several takes part in shared work. */
export interface Participant {
  readonly signal: AbortSignal
  readonly onProgress: (done: number, total: number | null) => void
}

interface Running<V> {
  readonly result: Promise<V>
  readonly participants: Set<Participant>
  readonly stop: AbortController
}

/** Work that several may ask for at a time and that is done once. It goes on until it is done or all have left. */
export class SharedWork<K, V> {
  readonly #running = new Map<K, Running<V>>()
  /** Work that all have left, until it has come to rest: what begins anew does not overlap with it. */
  readonly #ending = new Map<K, Promise<unknown>>()

  /** Rejects with the participant's own reason when that aborts, else as the work does. */
  async join(key: K, participant: Participant, start: (shared: Participant) => Promise<V>): Promise<V> {
    participant.signal.throwIfAborted()
    const work = this.#running.get(key) ?? this.#begin(key, start)
    work.participants.add(participant)
    const { promise: aborted, reject } = Promise.withResolvers<never>()
    const leave = (): void => {
      work.participants.delete(participant)
      if (work.participants.size === 0) {
        // Who comes from now on begins anew.
        if (this.#running.get(key) === work) {
          this.#running.delete(key)
          this.#letEnd(key, work)
        }
        work.stop.abort(participant.signal.reason)
      }
      reject(participant.signal.reason)
    }
    participant.signal.addEventListener('abort', leave, { once: true })
    try {
      return await Promise.race([work.result, aborted])
    } finally {
      participant.signal.removeEventListener('abort', leave)
      work.participants.delete(participant)
    }
  }

  #letEnd(key: K, { result }: Running<V>): void {
    const ended = result.then(
      () => {},
      () => {},
    )
    this.#ending.set(key, ended)
    void ended.then(() => {
      if (this.#ending.get(key) === ended) this.#ending.delete(key)
    })
  }

  #begin(key: K, start: (shared: Participant) => Promise<V>): Running<V> {
    const stop = new AbortController()
    const participants = new Set<Participant>()
    const onProgress = (done: number, total: number | null): void => {
      for (const each of participants) each.onProgress(done, total)
    }
    const before = this.#ending.get(key) ?? Promise.resolve()
    const result = before
      .then(() => start({ signal: stop.signal, onProgress }))
      .finally(() => {
        if (this.#running.get(key) === work) this.#running.delete(key)
      })
    result.catch(() => {})
    const work: Running<V> = { result, participants, stop }
    this.#running.set(key, work)
    return work
  }
}
