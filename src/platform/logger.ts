import type { Writable } from 'node:stream'
import winston from 'winston'
import type { Clock, LogAttributes, Logger } from '../domain/ports.ts'
import { lineTransport } from './line-transport.ts'
import { LogCleaner } from './log-cleaner.ts'
import type { CleanAttributes } from './log-cleaner.ts'
import { LogFile } from './log-file.ts'
import { colouredLine, journalLine, jsonLine, terminalLine } from './log-line.ts'
import type { LineFormat, LogLevel, LogLine } from './log-line.ts'

const LEVELS: Record<LogLevel, number> = { error: 0, warn: 1, info: 2, debug: 3 }

export interface LoggerOptions {
  readonly level: LogLevel
  /** Where lines for people or the journal go, e.g. process.stdout. A reader that goes away is no error. */
  readonly stdout: Writable
  /** journal: a priority before each line, no time; terminal: time and level; coloured: likewise, for a TTY. */
  readonly stdoutStyle: 'journal' | 'terminal' | 'coloured'
  /** File for JSON lines, or null. */
  readonly file: string | null
  /** Texts that no line may show. */
  readonly secrets: readonly string[]
  readonly clock: Pick<Clock, 'nowMs'>
}

/** The log with its end: `close` resolves when all lines are with the system. Logging after it does nothing. */
export interface LogOutput {
  readonly logger: Logger
  close(): Promise<void>
}

const FORMATS: Record<LoggerOptions['stdoutStyle'], LineFormat> = {
  journal: journalLine,
  terminal: terminalLine,
  coloured: colouredLine,
}

/** Makes the daemon's logger. What happens to its outputs (a closed pipe, a full disk) never reaches the caller. */
export function createLogger(options: LoggerOptions): LogOutput {
  const { stdout, clock } = options
  const format = FORMATS[options.stdoutStyle]
  const toStdout = (line: string): void => {
    if (!stdout.destroyed && !stdout.writableEnded) stdout.write(`${line}\n`)
  }
  stdout.on('error', ignore)

  const outputs = [lineTransport(format, toStdout)]
  const file = options.file === null ? null : openFile(options.file, clock, (line) => toStdout(format(line)))
  if (file !== null) outputs.push(lineTransport(jsonLine, (line) => file.write(line)))

  const sink = winston.createLogger({
    levels: LEVELS,
    level: options.level,
    transports: outputs,
    format: winston.format((info) => info)(),
  })
  let isClosed = false
  const close = async (): Promise<void> => {
    isClosed = true
    await new Promise<void>((resolve) => {
      sink.once('finish', resolve)
      sink.end()
    })
    file?.close()
    await flushed(stdout)
    stdout.off('error', ignore)
  }
  const cleaner = new LogCleaner(options.secrets)
  return {
    logger: new WinstonLogger({ sink, cleaner, clock, level: options.level, isClosed: () => isClosed }, {}),
    close: once(close),
  }
}

interface WinstonLoggerDeps {
  readonly sink: winston.Logger
  readonly cleaner: LogCleaner
  readonly clock: Pick<Clock, 'nowMs'>
  readonly level: LogLevel
  readonly isClosed: () => boolean
}

class WinstonLogger implements Logger {
  readonly #deps: WinstonLoggerDeps
  readonly #bound: CleanAttributes

  constructor(deps: WinstonLoggerDeps, bound: CleanAttributes) {
    this.#deps = deps
    this.#bound = bound
  }

  error(message: string, attributes?: LogAttributes): void {
    this.#write('error', message, attributes)
  }

  warn(message: string, attributes?: LogAttributes): void {
    this.#write('warn', message, attributes)
  }

  info(message: string, attributes?: LogAttributes): void {
    this.#write('info', message, attributes)
  }

  debug(message: string, attributes?: LogAttributes): void {
    this.#write('debug', message, attributes)
  }

  child(attributes: LogAttributes): Logger {
    return new WinstonLogger(this.#deps, { ...this.#bound, ...this.#deps.cleaner.attributes(attributes) })
  }

  #write(level: LogLevel, message: string, attributes: LogAttributes | undefined): void {
    const { sink, cleaner, clock } = this.#deps
    if (LEVELS[level] > LEVELS[this.#deps.level] || this.#deps.isClosed()) return
    const line: LogLine = {
      level,
      message: cleaner.text(message),
      atMs: clock.nowMs(),
      attributes: attributes === undefined ? this.#bound : { ...this.#bound, ...cleaner.attributes(attributes) },
    }
    // One field, so that winston has nothing to merge or copy: the cleaned line goes through as it is.
    sink.log({ level, message: line.message, line })
  }
}

function openFile(path: string, clock: Pick<Clock, 'nowMs'>, tell: (line: LogLine) => void): LogFile {
  const cleaner = new LogCleaner([])
  const say = (level: LogLevel, message: string, attributes: LogAttributes): void => {
    tell({ level, message, atMs: clock.nowMs(), attributes: cleaner.attributes(attributes) })
  }
  return new LogFile({
    path,
    nowMs: () => clock.nowMs(),
    onFailure: (reason) => say('warn', 'log file cannot be written', { file: path, reason }),
    onRecovery: () => say('info', 'log file written again', { file: path }),
  })
}

/** Resolves when what was written before has been handed on, or never will be. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve()
    else stream.write('', () => resolve())
  })
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closing: Promise<void> | null = null
  return () => (closing ??= close())
}

function ignore(): void {}
