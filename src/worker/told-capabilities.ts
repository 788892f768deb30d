import type { Capabilities } from '../domain/coordinator.ts'

/** Remembers which capabilities the coordinator has taken, so that it is told again only when they are others. */
export class ToldCapabilities {
  readonly #current: () => Capabilities
  #told: string | null = null

  constructor(current: () => Capabilities) {
    this.#current = current
  }

  get current(): Capabilities {
    return this.#current()
  }

  /** Those to send along now; null while the coordinator knows them, and before it was told any. */
  news(): Capabilities | null {
    if (this.#told === null) return null
    const current = this.#current()
    return JSON.stringify(current) === this.#told ? null : current
  }

  /** The coordinator has taken these. */
  taken(capabilities: Capabilities): void {
    this.#told = JSON.stringify(capabilities)
  }
}
