import type { GrammarRule } from './read-grammar.ts'

/** Numbers of the rules that can be made of nothing at all. */
export function nullableRules(rules: readonly GrammarRule[]): ReadonlySet<number> {
  const nullable = new Set<number>()
  /** For each rule, the sequences without text that it stands in. */
  const users = new Map<number, { readonly rule: number; missing: number }[]>()
  const found: number[] = []
  const find = (rule: number): void => {
    if (nullable.has(rule)) return
    nullable.add(rule)
    found.push(rule)
  }
  for (const [rule, { alternatives }] of rules.entries()) {
    for (const sequence of alternatives ?? []) {
      if (sequence.length === 0) find(rule)
      const parts = sequence.filter((symbol) => typeof symbol === 'number')
      if (parts.length < sequence.length) continue
      const use = { rule, missing: parts.length }
      for (const part of parts) {
        const known = users.get(part)
        if (known === undefined) users.set(part, [use])
        else known.push(use)
      }
    }
  }
  for (let part = found.pop(); part !== undefined; part = found.pop()) {
    for (const use of users.get(part) ?? []) {
      use.missing -= 1
      if (use.missing === 0) find(use.rule)
    }
  }
  return nullable
}
