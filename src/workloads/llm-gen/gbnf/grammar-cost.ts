import type { CharacterSet } from './character-set.ts'
import { matches, sampleOf } from './character-set.ts'
import type { GrammarRule, Sequence } from './read-grammar.ts'

/**
 * Steps that reading one character may take; each range of a class that is looked through is one. llama.cpp looks for each result
 * among all others, so its time grows faster than the steps: at 5,000 it needs a tenth of a second for a token of a small vocabulary,
 * at 50,000 more than five.
 */
const MAX_STEPS_A_CHARACTER = 15_000
/** Characters to try, and steps in all after which a grammar has shown that it is bearable. */
const MAX_CHARACTERS = 256
const MAX_STEPS = 300_000
/** Characters to choose from at each place, and stacks to ask. */
const MAX_CHOICE = 12
const MAX_ASKED = 500

/** A place in a sequence, before one of its symbols. */
interface Place {
  readonly symbol: number | CharacterSet
  /** Null at the end of the sequence. */
  readonly next: Place | null
}

/** What llama.cpp calls a stack: a place, and the places to go on from afterwards. The same one is the same object. */
interface Stack {
  readonly place: Place
  readonly below: Stack | null
  readonly above: Map<Place, Stack>
}

/**
 * Whether a grammar leaves so many ways open at a time that llama.cpp needs seconds and minutes for a token, as
 * `("a"? "a"?){0,500}` does. It is tried on a text that is chosen, character by character, to keep as many of them open as possible.
 */
export function isExplosive(rules: readonly GrammarRule[], root: number): boolean {
  const reading = new Reading(rules)
  let stacks = reading.begin(root)
  let steps = reading.steps
  for (let at = 0; at < MAX_CHARACTERS && stacks.size > 0; at += 1) {
    if (reading.steps > MAX_STEPS_A_CHARACTER) return true
    if (steps > MAX_STEPS) return false
    stacks = reading.read(stacks, widestCharacter(stacks))
    steps += reading.steps
  }
  return reading.steps > MAX_STEPS_A_CHARACTER
}

/** Follows a text through a grammar as llama.cpp does. */
class Reading {
  /** Taken for the last character. */
  steps = 0
  readonly #rules: readonly GrammarRule[]
  readonly #places = new Map<number, readonly (Place | null)[]>()
  readonly #lowest = new Map<Place, Stack>()

  constructor(rules: readonly GrammarRule[]) {
    this.#rules = rules
  }

  begin(root: number): Set<Stack> {
    this.steps = 0
    const found = new Set<Stack>()
    for (const first of this.#alternatives(root)) if (first !== null) this.#advance(this.#put(first, null), found)
    return found
  }

  read(stacks: ReadonlySet<Stack>, code: number): Set<Stack> {
    this.steps = 0
    const found = new Set<Stack>()
    for (const { place, below } of stacks) {
      if (this.steps > MAX_STEPS_A_CHARACTER) break
      if (typeof place.symbol === 'number') continue
      this.steps += place.symbol.written - 1
      if (!matches(place.symbol, code)) continue
      const after = place.next === null ? below : this.#put(place.next, below)
      if (after !== null) this.#advance(after, found)
    }
    return found
  }

  /** Adds the stacks that one leads to without a character: those with a character to come on top. */
  #advance(from: Stack, found: Set<Stack>): void {
    const seen = new Set([from])
    const todo = [from]
    for (let stack = todo.pop(); stack !== undefined; stack = todo.pop()) {
      this.steps += 1
      if (this.steps > MAX_STEPS_A_CHARACTER) return
      const { place, below } = stack
      if (typeof place.symbol !== 'number') {
        found.add(stack)
        continue
      }
      const rest = place.next === null ? below : this.#put(place.next, below)
      for (const first of this.#alternatives(place.symbol)) {
        const next = first === null ? rest : this.#put(first, rest)
        if (next === null || seen.has(next)) continue
        seen.add(next)
        todo.push(next)
      }
    }
  }

  #put(place: Place, below: Stack | null): Stack {
    const siblings = below === null ? this.#lowest : below.above
    const known = siblings.get(place)
    if (known !== undefined) return known
    const stack: Stack = { place, below, above: new Map() }
    siblings.set(place, stack)
    return stack
  }

  /** The first place of each of a rule's alternatives; null for one that is empty. */
  #alternatives(rule: number): readonly (Place | null)[] {
    const known = this.#places.get(rule)
    if (known !== undefined) return known
    const places = (this.#rules[rule]?.alternatives ?? []).map(placesOf)
    this.#places.set(rule, places)
    return places
  }
}

function placesOf(sequence: Sequence): Place | null {
  let next: Place | null = null
  for (const symbol of sequence.toReversed()) {
    for (const each of typeof symbol === 'number' ? [symbol] : symbol.toReversed()) next = { symbol: each, next }
  }
  return next
}

/** The character that most stacks go on with, or most of a sample of them. */
function widestCharacter(stacks: ReadonlySet<Stack>): number {
  const every = Math.ceil(stacks.size / MAX_ASKED)
  const asked = [...stacks].filter((_stack, at) => at % every === 0)
  const sets = new Map<CharacterSet, number>()
  for (const { place } of asked) {
    if (typeof place.symbol !== 'number') sets.set(place.symbol, (sets.get(place.symbol) ?? 0) + 1)
  }
  const choice = new Set<number>()
  for (const set of sets.keys()) {
    const code = choice.size < MAX_CHOICE ? sampleOf(set) : null
    if (code !== null) choice.add(code)
  }
  let widest = { code: 0, count: -1 }
  for (const code of choice) {
    const count = [...sets].reduce((sum, [set, places]) => sum + (matches(set, code) ? places : 0), 0)
    if (count > widest.count) widest = { code, count }
  }
  return widest.code
}
