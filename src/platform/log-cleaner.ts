import type { LogAttributes } from '../domain/ports.ts'

/** Attributes ready to be written: no secret, no value beyond the bound, nothing that is not known. */
export type CleanAttributes = Readonly<Record<string, string | number | boolean>>

const MAX_VALUE_CHARS = 1_000
/** A shorter secret would be found in every other word, and protects nothing. */
const MIN_SECRET_CHARS = 4
const REDACTED = '[redacted]'

/** Takes secrets out of what goes into log lines, and bounds its length. */
export class LogCleaner {
  readonly #secrets: readonly string[]

  /** `secrets` are also found URL-encoded. Those of fewer than 4 characters are left out. */
  constructor(secrets: readonly string[]) {
    const forms = secrets.flatMap((secret) => (secret.length < MIN_SECRET_CHARS ? [] : [secret, encodeURIComponent(secret)]))
    // The longest first, so that one that contains another leaves no rest.
    this.#secrets = [...new Set(forms)].toSorted((a, b) => b.length - a.length)
  }

  attributes(attributes: LogAttributes): CleanAttributes {
    const clean: Record<string, string | number | boolean> = {}
    for (const [key, value] of Object.entries(attributes)) {
      if (value != null) clean[key] = typeof value === 'string' ? this.text(value) : value
    }
    return clean
  }

  text(text: string): string {
    let clean = text
    // Before anything is cut off, so that no part of a secret is left standing at the edge.
    for (const secret of this.#secrets) if (clean.includes(secret)) clean = clean.replaceAll(secret, REDACTED)
    return clean.length <= MAX_VALUE_CHARS ? clean : `${clean.slice(0, MAX_VALUE_CHARS)}… (${clean.length} characters)`
  }
}
