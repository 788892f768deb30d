import type { CoordinatorFailure } from '../domain/coordinator-failure.ts'
import type { Clock, Logger } from '../domain/ports.ts'

/** While it stays down, the journal is told so this often, not at every try. */
const REMIND_EVERY_MS = 10 * 60_000

export interface CoordinatorHealthSnapshot {
  /** Null before the first answer or failure. */
  readonly isReachable: boolean | null
  readonly isKeyRefused: boolean
  readonly lastContactMs: number | null
  readonly lastError: string | null
}

/**
 * What all loops together know of the coordinator. It speaks once when contact is lost and once when it is back,
 * and wakes whoever waits in a backoff then.
 */
export class CoordinatorHealth {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #onRecovered: (() => void)[] = []
  #isReachable: boolean | null = null
  #isKeyRefused = false
  #lastContactMs: number | null = null
  #lastError: string | null = null
  #downSinceMs: number | null = null
  #remindAtMs = 0

  constructor(deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = deps.clock
    this.#logger = deps.logger
  }

  onRecovered(listener: () => void): void {
    this.#onRecovered.push(listener)
  }

  succeeded(): void {
    const nowMs = this.#clock.nowMs()
    const wasReachable = this.#isReachable
    this.#lastContactMs = nowMs
    this.#isReachable = true
    this.#isKeyRefused = false
    this.#lastError = null
    if (wasReachable === true) return
    if (wasReachable === null) this.#logger.info('coordinator reached')
    else this.#logger.info('coordinator reachable again', { down_s: Math.round((nowMs - (this.#downSinceMs ?? nowMs)) / 1000) })
    this.#downSinceMs = null
    for (const listener of this.#onRecovered) listener()
  }

  /** Notes a failure. One that concerns a single call (`rejected`, `missing`) leaves the coordinator reachable. */
  failed(failure: CoordinatorFailure): void {
    this.#lastError = failure.message
    if (!failure.isGeneral) return
    const nowMs = this.#clock.nowMs()
    const isNews = this.#isReachable !== false || (failure.failureClass === 'unauthorized') !== this.#isKeyRefused
    this.#isReachable = false
    this.#isKeyRefused = failure.failureClass === 'unauthorized'
    this.#downSinceMs ??= nowMs
    if (!isNews && nowMs < this.#remindAtMs) return
    this.#remindAtMs = nowMs + REMIND_EVERY_MS
    const facts = { error: failure.message, status: failure.status, down_s: Math.round((nowMs - this.#downSinceMs) / 1000) }
    if (this.#isKeyRefused) this.#logger.error('coordinator refuses the API key: set API_KEY in the configuration', facts)
    else this.#logger.warn('coordinator unreachable: trying again until it answers', facts)
  }

  snapshot(): CoordinatorHealthSnapshot {
    return {
      isReachable: this.#isReachable,
      isKeyRefused: this.#isKeyRefused,
      lastContactMs: this.#lastContactMs,
      lastError: this.#lastError,
    }
  }
}
