import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock } from '../domain/ports.ts'

/** Why and when a run must end before it is done: canceled, out of time, out of memory. The first cause stays. */
export class RunEnding {
  readonly #controller = new AbortController()
  readonly #detach: () => void

  constructor(canceled: AbortSignal) {
    const onCancel = (): void => {
      const reason: unknown = canceled.reason
      this.end(
        reason instanceof JobFailureError ? reason : new JobFailureError('E_CANCELED', 'the job was canceled', { cause: reason }),
      )
    }
    canceled.addEventListener('abort', onCancel, { once: true })
    this.#detach = () => canceled.removeEventListener('abort', onCancel)
    if (canceled.aborted) onCancel()
  }

  /** Aborted with a `JobFailureError` as its reason. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  end(cause: JobFailureError): void {
    if (!this.#controller.signal.aborted) this.#controller.abort(cause)
  }

  /** Ends the run after this time, unless the returned function is called before. */
  endAfter(ms: number, cause: () => JobFailureError, clock: Clock): () => void {
    const timer = new AbortController()
    void clock.sleep(ms, timer.signal).then(() => {
      if (!timer.signal.aborted) this.end(cause())
    })
    return () => timer.abort()
  }

  /** Stops listening for the cancel. */
  dispose(): void {
    this.#detach()
  }
}
