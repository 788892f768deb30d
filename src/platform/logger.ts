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

/** What may change while the daemon runs. */
export interface LogSettings {
  readonly level: LogLevel
  /** File for JSON lines, or null. */
  readonly file: string | null
  /** Texts that no line may show. */
  readonly secrets: readonly string[]
}

export interface LoggerOptions extends LogSettings {
  /** Where lines for people or the journal go, e.g. process.stdout. A reader that goes away is no error. */
  readonly stdout: Writable
  /** journal: a priority before each line, no time; terminal: time and level; coloured: likewise, for a TTY. */
  readonly stdoutStyle: 'journal' | 'terminal' | 'coloured'
  readonly clock: Pick<Clock, 'nowMs'>
}

/** The log with its end: `close` resolves when all lines are with the system. Logging after it does nothing. */
export interface LogOutput {
  readonly logger: Logger
  /** Takes on other settings, also for loggers already handed out. Secrets of before stay secret. */
  adjust(settings: LogSettings): void
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

  const rules: LogRules = { path: null, file: null, level: options.level, secrets: [], cleaner: new LogCleaner([]) }
  const adjust = ({ level, file, secrets }: LogSettings): void => {
    rules.level = level
    rules.secrets = [...new Set([...rules.secrets, ...secrets])]
    rules.cleaner = new LogCleaner(rules.secrets)
    if (file === rules.path) return
    rules.file?.close()
    rules.path = file
    rules.file = file === null ? null : openFile(file, clock, (line) => toStdout(format(line)))
  }
  adjust(options)

  const sink = winston.createLogger({
    levels: LEVELS,
    // The lines that come here are chosen already.
    level: 'debug',
    transports: [lineTransport(format, toStdout), lineTransport(jsonLine, (line) => rules.file?.write(line))],
    format: winston.format((info) => info)(),
  })
  let isClosed = false
  const close = async (): Promise<void> => {
    isClosed = true
    await new Promise<void>((resolve) => {
      sink.once('finish', resolve)
      sink.end()
    })
    rules.file?.close()
    await flushed(stdout)
    stdout.off('error', ignore)
  }
  return {
    logger: new WinstonLogger({ sink, rules, clock, isClosed: () => isClosed }, {}),
    adjust,
    close: once(close),
  }
}

/** The settings as they are now. */
interface LogRules {
  level: LogLevel
  path: string | null
  file: LogFile | null
  secrets: readonly string[]
  cleaner: LogCleaner
}

interface WinstonLoggerDeps {
  readonly sink: winston.Logger
  readonly rules: Readonly<Pick<LogRules, 'level' | 'cleaner'>>
  readonly clock: Pick<Clock, 'nowMs'>
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
    return new WinstonLogger(this.#deps, { ...this.#bound, ...this.#deps.rules.cleaner.attributes(attributes) })
  }

  #write(level: LogLevel, message: string, attributes: LogAttributes | undefined): void {
    const { sink, clock } = this.#deps
    const { cleaner, level: least } = this.#deps.rules
    if (LEVELS[level] > LEVELS[least] || this.#deps.isClosed()) return
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
