import { nearestName } from '../../../domain/nearest-name.ts'
import { isExplosive } from './grammar-cost.ts'
import { GrammarError, shortened } from './grammar-text.ts'
import { leftRecursion } from './left-recursion.ts'
import { readGrammar } from './read-grammar.ts'
import type { GrammarRule } from './read-grammar.ts'

/** Rules that a message names, at most. */
const MAX_NAMED = 8
const MAX_LIKENED = 100

/** What is wrong with a grammar in GBNF; null where nothing is that llama.cpp would not tell in words of use to its author. */
export function grammarProblem(grammar: string): string | null {
  try {
    const rules = readGrammar(grammar)
    const defined = rules.filter(({ alternatives }) => alternatives !== null).map(({ name }) => name)
    const missing = rules.find(({ alternatives }) => alternatives === null)
    if (missing !== undefined)
      return `rule ${shortened(missing.name)} is used and not written down${suggestion(missing.name, defined)}`
    if (!defined.includes('root')) return 'there is no rule root, with which every text begins: write root ::= …'
    const loop = leftRecursion(rules)
    if (loop === null) return costProblem(rules)
    const chain = loop.length > MAX_NAMED ? [...loop.slice(0, MAX_NAMED), '…'] : loop
    return `rule ${shortened(loop[0] ?? '')} can begin with itself (${chain.map(shortened).join(' → ')}), which llama.cpp cannot follow: put the text first, or write a repetition, x*`
  } catch (error) {
    if (error instanceof GrammarError) return error.message
    throw error
  }
}

function costProblem(rules: readonly GrammarRule[]): string | null {
  const root = rules.findIndex(({ name }) => name === 'root')
  if (!isExplosive(rules, root)) return null
  return 'the same text can be read in too many ways at a time, or by too long classes of characters, which llama.cpp would follow for minutes: make repetitions of what may be empty, one in another or one after another, into one, and write fewer ranges'
}

function suggestion(name: string, defined: readonly string[]): string {
  if (name.length > MAX_LIKENED) return ''
  const nearest = nearestName(name, defined.filter(({ length }) => length <= MAX_LIKENED).slice(0, MAX_LIKENED))
  return nearest === null ? '' : `: did you mean ${nearest}?`
}
