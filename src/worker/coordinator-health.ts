import type { CoordinatorFailure, FailureClass } from '../domain/coordinator-failure.ts'
import type { Clock, Logger } from '../domain/ports.ts'

/** While it stays down, the journal is told so this often, not at every try. */
const REMIND_EVERY_MS = 10 * 60_000
/** One that comes and goes is told of this often at most. */
const QUIET_MS = 60_000

const WORDS: Readonly<Record<FailureClass, string>> = {
  unreachable: 'coordinator unreachable: trying again until it answers',
  overloaded: 'coordinator overloaded: trying again when it allows',
  unauthorized: 'coordinator refuses the API key',
  missing: 'coordinator lacks an endpoint that every one has: check COORD_URL, trying again',
  rejected: 'coordinator answers with errors: trying again',
  garbled: 'coordinator answers, but not as the API says: check COORD_URL, trying again',
}

export interface CoordinatorHealthSnapshot {
  /** Null before the first answer or failure. */
  readonly isReachable: boolean | null
  readonly isKeyRefused: boolean
  /** What to do about a refused key; null while it is not. */
  readonly keyAdvice: string | null
  /** Wall clock. */
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
  #keyAdvice: string | null = null
  #lastContactMs: number | null = null
  #lastError: string | null = null
  /** Monotonic, as are the times below. */
  #downSinceMs: number | null = null
  /** The class of the last failure that was put into the log since the last success. */
  #toldClass: FailureClass | null = null
  #lastClass: FailureClass | null = null
  #remindAtMs = 0
  #quietUntilMs = Number.NEGATIVE_INFINITY
  /** Of a refused key alone: a person must act, so nothing else keeps it out of the log. */
  #keyQuietUntilMs = Number.NEGATIVE_INFINITY

  constructor(deps: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = deps.clock
    this.#logger = deps.logger
  }

  onRecovered(listener: () => void): void {
    this.#onRecovered.push(listener)
  }

  succeeded(): void {
    const wasReachable = this.#isReachable
    const wasOverloaded = this.#lastClass === 'overloaded'
    this.#lastClass = null
    this.#lastContactMs = this.#clock.nowMs()
    this.#isReachable = true
    this.#isKeyRefused = false
    this.#keyAdvice = null
    this.#lastError = null
    if (wasReachable === true) return
    if (wasReachable === null) this.#logger.info('coordinator reached')
    else if (this.#toldClass !== null) this.#logger.info('coordinator reachable again', { down_s: this.#downS() })
    this.#toldClass = null
    this.#downSinceMs = null
    // After an overload everybody keeps to the pause that was asked for.
    if (wasOverloaded) return
    for (const listener of this.#onRecovered) listener()
  }

  /** A heartbeat or a poll failed: until one succeeds, the coordinator is of no use. */
  failed(failure: CoordinatorFailure): void {
    // Monotonic: a clock that is set back keeps nothing out of the log.
    const nowMs = this.#clock.monotonicMs()
    this.#lastError = failure.message
    this.#isReachable = false
    this.#isKeyRefused = failure.failureClass === 'unauthorized'
    this.#keyAdvice = this.#isKeyRefused ? keyAdviceFor(failure.status) : null
    this.#lastClass = failure.failureClass
    this.#downSinceMs ??= nowMs
    const quietUntilMs = this.#isKeyRefused ? this.#keyQuietUntilMs : this.#quietUntilMs
    if (nowMs < (failure.failureClass === this.#toldClass ? this.#remindAtMs : quietUntilMs)) return
    this.#toldClass = failure.failureClass
    this.#remindAtMs = nowMs + REMIND_EVERY_MS
    this.#quietUntilMs = nowMs + QUIET_MS
    if (this.#isKeyRefused) this.#keyQuietUntilMs = nowMs + QUIET_MS
    const facts = { error: failure.message, status: failure.status, down_s: this.#downS() }
    if (this.#keyAdvice !== null) this.#logger.error(`coordinator refuses the API key: ${this.#keyAdvice}`, facts)
    else this.#logger.warn(WORDS[failure.failureClass], facts)
  }

  /** A delivery failed: that tells of the coordinator as a whole only when every call would fare alike. */
  deliveryFailed(failure: CoordinatorFailure): void {
    if (failure.isGeneral) this.failed(failure)
    else this.#lastError = failure.message
  }

  #downS(): number {
    const nowMs = this.#clock.monotonicMs()
    return Math.round((nowMs - (this.#downSinceMs ?? nowMs)) / 1000)
  }

  snapshot(): CoordinatorHealthSnapshot {
    return {
      isReachable: this.#isReachable,
      isKeyRefused: this.#isKeyRefused,
      keyAdvice: this.#keyAdvice,
      lastContactMs: this.#lastContactMs,
      lastError: this.#lastError,
    }
  }
}

/** 403: the key is known, but may not do this. */
function keyAdviceFor(status: number | null): string {
  return status === 403
    ? 'it is valid but may not mine here: API_KEY must be a key of role miner, and MINER_ID the miner that it was given to'
    : 'set API_KEY in the configuration'
}
