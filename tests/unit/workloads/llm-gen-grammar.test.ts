import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { grammarProblem } from '../../../src/workloads/llm-gen/gbnf/grammar-problem.ts'

const LIBRARY = fileURLToPath(new URL('../../../node_modules/node-llama-cpp/llama/grammars/', import.meta.url))

const HAN = Array.from({ length: 95_000 }, (_, at) => String.fromCodePoint(0x4e00 + (at % 20_000))).join('')

describe('grammarProblem', () => {
  it.each(readdirSync(LIBRARY).filter((name) => name.endsWith('.gbnf')))('finds nothing in the %s of llama.cpp', (name) => {
    expect(grammarProblem(readFileSync(join(LIBRARY, name), 'utf8'))).toBeNull()
  })

  it.each([
    'root ::= "yes" | "no"',
    '# a comment (((\nroot::=(\n  "a" | # one "\n  [^\\]"]\n)+ ws\r\nws ::= [ \\t]* # end',
    'root ::= "a"{ 2 , 3 } "b"{2} "c"{1,} .',
    'root ::= "\\"(" | "a\nb" | "" | <[12]> !<[3]>',
    'root ::= item\nitem ::= "x" item | ""',
    // Repetitions of what may be empty, which come back to themselves with nothing behind them.
    'root ::= ws* "a"\nws ::= x\nx ::= [ ]*',
    'root ::= ("a"?){2,} ("b"*)*',
    'root ::= ',
    'root ::= [a-z]{0,500} [a-z]{0,500} "9"',
    'root ::= "a"{0,500} "b"{0,500} "c"{0,500}',
    'root ::= ([a-z]? [a-z]? [a-z]?){0,30} "9"',
    'root ::= (("a"*)*)* "b"',
  ])('takes %j', (grammar) => {
    expect(grammarProblem(grammar)).toBeNull()
  })

  it('takes a choice of five thousand texts', () => {
    const texts = Array.from({ length: 5000 }, (_, at) => `"item ${at}"`)
    expect(grammarProblem(`root ::= ${texts.join(' | ')}`)).toBeNull()
  })

  it.each([
    ['root ::= "a', 'line 1: a " without its end, at "a'],
    ['root ::= [a-z', 'a [ without its ]'],
    ['root ::= "a"\n\nb ::= ("x" | "y"', 'line 3: a ) must stand here'],
    ['root ::= "a")', 'rule root cannot go on like this: a text, a name, brackets or the end of the line must follow, at )'],
    ['root := "a"', '::= must follow the name root, at := "a"'],
    ['root_a ::= "a"', '::= must follow the name root, at _a'],
    ['root ::= "a"\n | "b"', 'line 2: the name of a rule must stand here'],
    ['root ::= "a"{5,2}', '{5,2} asks for at least 5 and at most 2: put the smaller number first'],
    ['root ::= "a"{1000000}', 'repeats more than 2000 times'],
    ['root ::= ""*', 'an empty text cannot be repeated with *'],
    ['answer ::= "a"', 'there is no rule root, with which every text begins: write root ::= …'],
    ['root ::= colour\ncolor ::= "red"', 'rule colour is used and not written down: did you mean color?'],
    ['root ::= root "a" | "b"', 'rule root can begin with itself (root → root)'],
    ['root ::= a\na ::= b "x" | "y"\nb ::= a "z"', '(a → b → a)'],
    ['root ::= space root "a" | "b"\nspace ::= " "?', '(root → root)'],
    ['root ::= a | "x"\na ::= (b c)? root "y"\nb ::= " "*\nc ::= b b', 'begin with itself'],
    ['root ::= a | c "x"\nc ::= root{2}\na ::= b\nb ::= "b"?', '(root → c → root)'],
    [`root ::= ${'('.repeat(101)}"a"${')'.repeat(101)}`, 'brackets nest more than 100 deep'],
    ['root ::= ("a"{0,2000}){0,2000} "b"{2000} ("c"{2000}){2000}', 'too many ways'],
    ['root ::= ("a"? "a"?){0,500} "b"', 'too many ways'],
    ['root ::= ([a-z]? [a-z]? [a-z]?){0,100} "9"', 'too many ways'],
    ['root ::= (([^"]{0,10}){0,10}){0,10} "\\""', 'too many ways'],
    ['root ::= "prefix: " ([\\x41-\\x5a]{0,40}){0,40} "."', 'too many ways'],
    [`root ::= [^${'\u4e00\u6c34'.repeat(10_000)}]*`, 'too long classes of characters'],
    [`root ::= ${'("a"{2000})'.repeat(60)}`, 'more than 100000 symbols in all'],
    [`root ::= "a" # "\n ${'('.repeat(200)}`, 'the name of a rule'],
  ])('tells what is wrong with %j', (grammar, words) => {
    expect(grammarProblem(grammar)).toContain(words)
  })

  it.each([
    ['a chain of rules', `root ::= r0\n${Array.from({ length: 7000 }, (_, at) => `r${at}::=r${at + 1}\n`).join('')}r7000::="a"`],
    ['a rule used everywhere', `root ::= ${'e '.repeat(45_000)}"a"\ne ::= "x"?`],
    ['one long rule', `root ::= ${'"a"*'.repeat(24_000)}`],
    ['a ring', `root ::= r0\n${Array.from({ length: 7000 }, (_, at) => `r${at}::=r${(at + 1) % 7000} e\n`).join('')}e::=e`],
    [
      'many classes of many characters',
      `root ::= (${'bcdefghijkl'
        .split('')
        .map((c) => `[${c}] | `)
        .join('')}${'c? '.repeat(100)} "z")*\nc ::= [^${HAN}]`,
    ],
    ['comments', `root ::= "a"\n${'#'.repeat(99_000)}`],
    ['a text without end', `root ::= "${'\\"'.repeat(49_000)}`],
  ])('is quick with %s of the greatest length', (_what, grammar) => {
    // Processor time: other programs of a busy machine do not count.
    const start = process.cpuUsage()
    grammarProblem(grammar)
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(5000)
  })

  it.each([
    `root ::= ${'x'.repeat(1e6)} y\n${'z'.repeat(1e6)} :=`,
    `root ::= "a"{${'9'.repeat(1e6)}}`,
    `root ::= "" {${' '.repeat(1e6)}1}`,
  ])('says what is wrong in few words, however long the names are', (grammar) => {
    expect(grammarProblem(grammar)?.length).toBeLessThan(400)
  })
})
