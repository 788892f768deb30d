/** Looks for stop strings in a text that grows, and says how much of it can be shown. */
export class StopStrings {
  readonly #stops: readonly string[]
  readonly #longest: number

  constructor(stops: readonly string[]) {
    this.#stops = stops
    this.#longest = stops.reduce((longest, stop) => Math.max(longest, stop.length), 0)
  }

  /** Where the earliest stop string begins in `text`, of which the first `searched` units held none; null if there is none. */
  find(text: string, searched: number): number | null {
    let earliest: number | null = null
    for (const stop of this.#stops) {
      const at = text.indexOf(stop, Math.max(0, searched - this.#longest))
      if (at !== -1 && (earliest === null || at < earliest)) earliest = at
    }
    return earliest
  }

  /** Length of the part of `text` that cannot become the beginning of a stop string. */
  safeLength(text: string): number {
    for (let at = Math.max(0, text.length - this.#longest + 1); at < text.length; at++) {
      const tail = text.slice(at)
      if (this.#stops.some((stop) => stop.startsWith(tail))) return at
    }
    return text.length
  }
}
