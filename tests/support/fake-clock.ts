import type { Clock } from '../../src/domain/ports.ts'

interface Sleeper {
  readonly wakesAtMs: number
  readonly wake: () => void
}

/** Time that stands still until a test moves it. Wall clock and monotonic time go together, unless a test sets the former. */
export class FakeClock implements Clock {
  #nowMs: number
  readonly #startMs: number
  #wallOffsetMs = 0
  readonly #sleepers = new Set<Sleeper>()

  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs
    this.#nowMs = startMs
  }

  /** How many sleeps are waiting. */
  get sleeperCount(): number {
    return this.#sleepers.size
  }

  nowMs(): number {
    return this.#nowMs + this.#wallOffsetMs
  }

  /** Sets the wall clock, and nothing else, by so much. */
  moveWallClock(ms: number): void {
    this.#wallOffsetMs += ms
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || ms <= 0) {
        resolve()
        return
      }
      const sleeper = {
        wakesAtMs: this.#nowMs + ms,
        wake: (): void => {
          this.#sleepers.delete(sleeper)
          signal.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      this.#sleepers.add(sleeper)
      signal.addEventListener('abort', sleeper.wake)
    })
  }

  /**
   * Moves the time on, waking each sleep at its own moment and letting what it woke run, so that a loop which
   * sleeps again is woken again if that falls into the span.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms
    await settle()
    for (;;) {
      const next = [...this.#sleepers]
        .filter(({ wakesAtMs }) => wakesAtMs <= endMs)
        .toSorted((a, b) => a.wakesAtMs - b.wakesAtMs)[0]
      if (next === undefined) break
      this.#nowMs = next.wakesAtMs
      next.wake()
      await settle()
    }
    this.#nowMs = endMs
    await settle()
  }
}

/** Lets all promise reactions run that need nothing from outside. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
