/** Time and waiting, so that tests need neither sleeps nor fake timers. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  nowMs(): number
  /** Monotonic milliseconds, for durations. */
  monotonicMs(): number
  /** Resolves after `ms`, or at once when the signal aborts; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export type LogAttributes = Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * One line an event: a constant message and its facts as attributes.
 * error = a person must act; warn = we go on, but someone may want to know; info = the life of jobs; debug = all else.
 */
export interface Logger {
  error(message: string, attributes?: LogAttributes): void
  warn(message: string, attributes?: LogAttributes): void
  info(message: string, attributes?: LogAttributes): void
  debug(message: string, attributes?: LogAttributes): void
  /** A logger that adds these attributes to each line. */
  child(attributes: LogAttributes): Logger
}

/** [0, 1), for jitter. */
export type Random = () => number

/** Scratch folders, one a job, asked for by the journal's sequence number and never named after the job. */
export interface WorkDirectories {
  /** Lends an entry an empty folder and returns its path. */
  create(seq: number): Promise<string>
  /** Takes it back and removes all that is in it; none lent is no error. */
  remove(seq: number): Promise<void>
  /** Makes a folder as for a job, writes to it and removes it. Rejects with `AITBC_WORK_DIR` while jobs cannot work there. */
  check(): Promise<void>
}

/** Tells the service manager how the daemon fares. Best effort: no method throws or waits. */
export interface ServiceNotifier {
  /** Startup is finished. */
  ready(): void
  /** The settings are read again; `ready` follows. */
  reloading(): void
  /** The daemon is on its way down, and needs no longer than this. */
  stopping(limitMs: number): void
  /** One line for `systemctl status`. */
  status(text: string): void
  /** A sign of life. */
  watchdog(): void
  /** Resolves when all that was told so far has been handed over, or given up. */
  flush(): Promise<void>
}
