import { ANY_CHARACTER, classCharacters, textCharacters } from './character-set.ts'
import type { CharacterSet } from './character-set.ts'
import { GrammarText, shortened } from './grammar-text.ts'

/** A piece of text: what each of its characters may be. */
type Text = readonly CharacterSet[]

/** What a rule can be: symbols one after the other, each another rule, by its number, or a piece of text. */
export type Sequence = readonly (number | Text)[]

export interface GrammarRule {
  /** As the author calls it; brackets and repetitions are rules of their own, with the name of the one that they stand in. */
  readonly name: string
  /** Null where no rule of this name is written down. */
  alternatives: Sequence[] | null
}

/** Each bracket is a level of the stack, here and in llama.cpp. */
const MAX_DEPTH = 100
/** llama.cpp's own bound. */
const MAX_REPETITIONS = 2000
/** Symbols that repetitions may come to in all: each is written out, in memory. */
const MAX_WRITTEN_OUT = 100_000
/** A token of the model's own stands for no character that could be told here. */
const TOKEN: Text = [{ ranges: [], isNegated: false, written: 1 }]

/** The rules of a grammar in GBNF, those named first. Throws `GrammarError` where it cannot be read. */
export function readGrammar(grammar: string): GrammarRule[] {
  return new GrammarReader(grammar).read()
}

class GrammarReader {
  readonly #text: GrammarText
  readonly #rules: GrammarRule[] = []
  readonly #byName = new Map<string, number>()
  #name = ''
  #depth = 0
  #writtenOut = 0

  constructor(grammar: string) {
    this.#text = new GrammarText(grammar)
  }

  read(): GrammarRule[] {
    this.#text.skipSpace(true)
    while (!this.#text.isAtEnd) {
      this.#readRule()
      this.#text.skipSpace(true)
    }
    return this.#rules
  }

  #readRule(): void {
    const name = this.#text.take(/[A-Za-z0-9-]+/y)
    if (name === null) throw this.#text.error('the name of a rule must stand here: letters, digits and -')
    this.#text.skipSpace(false)
    if (this.#text.take(/::=/y) === null) throw this.#text.error(`::= must follow the name ${shortened(name)}`)
    this.#text.skipSpace(true)
    this.#name = name
    // Before the brackets in it, which bear its name too.
    const number = this.#numberOf(name)
    const alternatives = this.#readAlternatives()
    if (!this.#text.isAtEnd && this.#text.take(/\r?\n|\r/y) === null) {
      throw this.#text.error(
        `rule ${shortened(name)} cannot go on like this: a text, a name, brackets or the end of the line must follow`,
      )
    }
    const rule = this.#rules[number]
    if (rule !== undefined) rule.alternatives = alternatives
  }

  #readAlternatives(): Sequence[] {
    const alternatives = [this.#readSequence()]
    while (this.#text.take(/\|/y) !== null) {
      this.#text.skipSpace(true)
      alternatives.push(this.#readSequence())
    }
    return alternatives
  }

  #readSequence(): Sequence {
    const symbols: (number | Text)[] = []
    for (;;) {
      const symbol = this.#readSymbol()
      if (symbol === undefined) return symbols
      this.#text.skipSpace(this.#depth > 0)
      const repeated = this.#readRepetition(symbol)
      if (repeated !== 'nothing') symbols.push(repeated)
    }
  }

  /** Undefined where the sequence ends; `nothing` for a text without characters. */
  #readSymbol(): number | Text | 'nothing' | undefined {
    const text = this.#text
    switch (text.next) {
      case '"': {
        const inner = this.#closed(/"[^"\\]*(?:\\.[^"\\]*)*"/sy, 'a " without its end').slice(1, -1)
        return inner === '' ? 'nothing' : textCharacters(inner)
      }
      case '[':
        return [classCharacters(this.#closed(/\[[^\]\\]*(?:\\.[^\]\\]*)*\]/sy, 'a [ without its ]').slice(1, -1))]
      case '<':
      case '!':
        this.#closed(/!?<[^>]*>/sy, 'a token is written <[number]>')
        return TOKEN
      case '.':
        text.take(/\./y)
        return [ANY_CHARACTER]
      case '(':
        return this.#readBrackets()
      default: {
        const name = text.take(/[A-Za-z0-9-]+/y)
        return name === null ? undefined : this.#numberOf(name)
      }
    }
  }

  #readBrackets(): number {
    const text = this.#text
    this.#depth += 1
    if (this.#depth > MAX_DEPTH) throw text.error(`brackets nest more than ${MAX_DEPTH} deep`)
    text.take(/\(/y)
    text.skipSpace(true)
    const alternatives = this.#readAlternatives()
    if (text.take(/\)/y) === null) throw text.error('a ) must stand here')
    this.#depth -= 1
    return this.#add(alternatives)
  }

  /** The symbol with all of `*`, `+`, `?` and `{…}` behind it. */
  #readRepetition(symbol: number | Text | 'nothing'): number | Text | 'nothing' {
    let repeated = symbol
    for (;;) {
      const sign = this.#text.take(/[*+?]|\{\s*\d+\s*(?:,\s*\d*\s*)?\}/y)
      if (sign === null) return repeated
      if (repeated === 'nothing') throw this.#text.error(`an empty text cannot be repeated with ${shortened(sign)}`)
      repeated = this.#repeat(repeated, sign)
      this.#text.skipSpace(this.#depth > 0)
    }
  }

  #repeat(symbol: number | Text, sign: string): number {
    if (sign === '?') return this.#add([[symbol], []])
    const [least, most] = sign === '*' ? [0, Infinity] : sign === '+' ? [1, Infinity] : bounds(sign)
    if (most < least)
      throw this.#text.error(`${shortened(sign)} asks for at least ${least} and at most ${most}: put the smaller number first`)
    if (Math.max(least, most === Infinity ? 0 : most) > MAX_REPETITIONS) {
      throw this.#text.error(`${shortened(sign)} repeats more than ${MAX_REPETITIONS} times, which llama.cpp does not do`)
    }
    this.#writtenOut += (typeof symbol === 'number' ? 1 : symbol.length) * (most === Infinity ? least : most)
    if (this.#writtenOut > MAX_WRITTEN_OUT) {
      throw this.#text.error(
        `the repetitions come to more than ${MAX_WRITTEN_OUT} symbols in all: repeat less, or without a bound`,
      )
    }
    const rest = most === Infinity ? this.#addEndless(symbol) : this.#addOptional(symbol, most - least)
    return this.#add([[...Array.from({ length: least }, () => symbol), ...rest]])
  }

  /** As llama.cpp writes out `x*`. */
  #addEndless(symbol: number | Text): Sequence {
    const more = this.#add([])
    this.#rules[more] = { name: this.#name, alternatives: [[symbol, more], []] }
    return [more]
  }

  /** As llama.cpp writes out `x{0,3}`: `(x (x (x)?)?)?`. */
  #addOptional(symbol: number | Text, count: number): Sequence {
    let rest: Sequence = []
    for (let at = 0; at < count; at += 1) rest = [this.#add([[symbol, ...rest], []])]
    return rest
  }

  #add(alternatives: Sequence[]): number {
    return this.#rules.push({ name: this.#name, alternatives }) - 1
  }

  #numberOf(name: string): number {
    const known = this.#byName.get(name)
    if (known !== undefined) return known
    const number = this.#rules.push({ name, alternatives: null }) - 1
    this.#byName.set(name, number)
    return number
  }

  #closed(pattern: RegExp, problem: string): string {
    const taken = this.#text.take(pattern)
    if (taken === null) throw this.#text.error(problem)
    return taken
  }
}

/** The numbers of `{2}`, `{2,}` or `{2,5}`. */
function bounds(sign: string): readonly [least: number, most: number] {
  const [least = '', most] = sign
    .slice(1, -1)
    .split(',')
    .map((part) => part.trim())
  if (most === undefined) return [Number(least), Number(least)]
  return [Number(least), most === '' ? Infinity : Number(most)]
}
