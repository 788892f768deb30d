import assert from 'node:assert/strict'
import { onTestFinished } from 'vitest'
import type { LogAttributes, Logger } from '../../src/domain/ports.ts'

export interface RecordedLine {
  readonly level: 'error' | 'warn' | 'info' | 'debug'
  readonly message: string
  readonly attributes: LogAttributes
}

/** A logger that keeps its lines for assertions. Children write to the same list, with their attributes merged in. */
export class RecordingLogger implements Logger {
  readonly lines: RecordedLine[]
  readonly #bound: LogAttributes

  constructor(lines: RecordedLine[] = [], bound: LogAttributes = {}) {
    this.lines = lines
    this.#bound = bound
  }

  error(message: string, attributes?: LogAttributes): void {
    this.#add('error', message, attributes)
  }

  warn(message: string, attributes?: LogAttributes): void {
    this.#add('warn', message, attributes)
  }

  info(message: string, attributes?: LogAttributes): void {
    this.#add('info', message, attributes)
  }

  debug(message: string, attributes?: LogAttributes): void {
    this.#add('debug', message, attributes)
  }

  child(attributes: LogAttributes): RecordingLogger {
    return new RecordingLogger(this.lines, { ...this.#bound, ...attributes })
  }

  /** The messages of one level, in order. */
  messages(level: RecordedLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map((line) => line.message)
  }

  /** Fails the test when a line of level error stands here at its end; `but` names messages that are expected. */
  expectNoErrors(but: readonly string[] = []): this {
    onTestFinished(() => {
      const unexpected = this.lines.filter(({ level, message }) => level === 'error' && !but.includes(message))
      assert.deepEqual(unexpected, [], 'unexpected error lines in the log')
    })
    return this
  }

  #add(level: RecordedLine['level'], message: string, attributes: LogAttributes = {}): void {
    this.lines.push({ level, message, attributes: { ...this.#bound, ...attributes } })
  }
}
