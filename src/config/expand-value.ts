import type { Expansion } from './keys.ts'

export type Expanded = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly found: string }

/** `$(…)`, `${…}`, `$name` and backticks: what a shell would replace. */
const SUBSTITUTION = /\$\([^)]*\)?|\$\{[^}]*\}?|\$\w*|`[^`]*`?/g

/**
 * Replaces the given substitutions as plain text, once, and never executes anything. Fails with the first one that is
 * not among them.
 */
export function expandValue(text: string, known: ReadonlyMap<Expansion, string>): Expanded {
  let stranger: string | null = null
  const replacements = new Map<string, string>(known)
  const expanded = text.replace(SUBSTITUTION, (found) => {
    const replacement = replacements.get(found)
    if (replacement === undefined) stranger ??= found
    return replacement ?? ''
  })
  return stranger === null ? { ok: true, text: expanded } : { ok: false, found: stranger }
}
