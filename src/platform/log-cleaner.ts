import type { LogAttributes } from '../domain/ports.ts'
import { Redactor } from '../domain/redactor.ts'

/** Attributes ready to be written: no secret, no value beyond the bound, nothing that is not known. */
export type CleanAttributes = Readonly<Record<string, string | number | boolean>>

const MAX_VALUE_CHARS = 1_000

/** Takes secrets out of what goes into log lines, and bounds its length. */
export class LogCleaner {
  readonly #redactor: Redactor

  /** `secrets` are found in all the forms that `Redactor` names. */
  constructor(secrets: readonly string[]) {
    this.#redactor = new Redactor(secrets)
  }

  attributes(attributes: LogAttributes): CleanAttributes {
    const clean: Record<string, string | number | boolean> = {}
    for (const [key, value] of Object.entries(attributes)) {
      if (value != null) clean[key] = typeof value === 'string' ? this.text(value) : value
    }
    return clean
  }

  text(text: string): string {
    // Before anything is cut off, so that no part of a secret is left standing at the edge.
    const clean = this.#redactor.clean(text)
    return clean.length <= MAX_VALUE_CHARS ? clean : `${clean.slice(0, MAX_VALUE_CHARS)}… (${clean.length} characters)`
  }
}
