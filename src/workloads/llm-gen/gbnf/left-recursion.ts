import { nullableRules } from './nullable-rules.ts'
import type { GrammarRule } from './read-grammar.ts'

/** One rule can begin with another one. */
interface Beginning {
  readonly to: number
  /** Something of the first one follows behind it. */
  readonly hasMore: boolean
}

/**
 * A chain of rules, by their names, that leads from a rule back to itself without a character of text, so that llama.cpp puts what
 * follows on its stack again and again; null where there is none. llama.cpp finds some of these itself, and never ends on the others.
 * A rule that comes back with nothing behind it (a repetition of what may be empty) does no harm.
 */
export function leftRecursion(rules: readonly GrammarRule[]): readonly string[] | null {
  const beginnings = beginningsOf(rules)
  const groups = groupsOf(beginnings)
  for (const [from, list] of beginnings.entries()) {
    for (const { to, hasMore } of list) {
      if (hasMore && groups[from] === groups[to]) return namesOf(rules, [from, ...pathBetween(beginnings, to, from)])
    }
  }
  return null
}

function beginningsOf(rules: readonly GrammarRule[]): readonly (readonly Beginning[])[] {
  const nullable = nullableRules(rules)
  return rules.map(({ alternatives }) =>
    (alternatives ?? []).flatMap((sequence) => {
      const end = sequence.findIndex((symbol) => typeof symbol !== 'number' || !nullable.has(symbol))
      const leading = end === -1 ? sequence : sequence.slice(0, end + 1)
      return leading.flatMap((to, at) => (typeof to !== 'number' ? [] : [{ to, hasMore: at < sequence.length - 1 }]))
    }),
  )
}

/** Numbers the groups of rules that can each be reached from each other: Tarjan's algorithm, with a stack of its own. */
function groupsOf(beginnings: readonly (readonly Beginning[])[]): readonly number[] {
  const order: (number | undefined)[] = []
  const lowest: number[] = []
  const groups: number[] = []
  const open: number[] = []
  let count = 0
  const visit = (start: number): void => {
    const path = [{ rule: start, next: 0 }]
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const { rule, next } = step
      if (next === 0) {
        order[rule] = lowest[rule] = count++
        open.push(rule)
      }
      const to = beginnings[rule]?.[next]?.to
      step.next += 1
      if (to !== undefined) {
        if (order[to] === undefined) path.push({ rule: to, next: 0 })
        else if (groups[to] === undefined) lowest[rule] = Math.min(lowest[rule] ?? 0, order[to])
        continue
      }
      path.pop()
      const before = path.at(-1)
      if (before !== undefined) lowest[before.rule] = Math.min(lowest[before.rule] ?? 0, lowest[rule] ?? 0)
      if (lowest[rule] === order[rule]) {
        for (let member = open.pop(); member !== undefined; member = open.pop()) {
          groups[member] = rule
          if (member === rule) break
        }
      }
    }
  }
  for (const rule of beginnings.keys()) if (order[rule] === undefined) visit(rule)
  return groups
}

/** The shortest chain from one rule to another, both included. */
function pathBetween(beginnings: readonly (readonly Beginning[])[], from: number, to: number): number[] {
  const cameFrom = new Map<number, number>()
  const queue = [from]
  for (const rule of queue) {
    if (rule === to) break
    for (const { to: next } of beginnings[rule] ?? []) {
      if (next === from || cameFrom.has(next)) continue
      cameFrom.set(next, rule)
      queue.push(next)
    }
  }
  const path = [to]
  for (let rule = to; rule !== from;) {
    rule = cameFrom.get(rule) ?? from
    path.unshift(rule)
  }
  return path
}

/** Without those that follow each other under one name: they are brackets of one rule. */
function namesOf(rules: readonly GrammarRule[], path: readonly number[]): readonly string[] {
  const names = path.map((rule) => rules[rule]?.name ?? '')
  const shown = names.filter((name, at) => at === 0 || name !== names[at - 1])
  return shown.length > 1 ? shown : [...shown, ...shown]
}
