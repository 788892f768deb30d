import { closeSync, constants, fstatSync, ftruncateSync, openSync, statSync, writeSync } from 'node:fs'

/** How often the path is looked at, and how often a file that failed is tried again. */
const CHECK_MS = 1_000

export interface LogFileDeps {
  readonly path: string
  readonly nowMs: () => number
  /** Called once when writing begins to fail, with the system's text. */
  readonly onFailure: (reason: string) => void
  /** Called once when it works again. */
  readonly onRecovery: () => void
}

/**
 * A file that lines are appended to, whatever logrotate does: with `copytruncate` appending goes on at the new end,
 * and a file moved away is left for a new one of the old name within a second. A file that cannot be written is no
 * reason for a miner to stop: it is reported, and tried again once a second.
 *
 * Lines are written at once and by the calling thread: the page cache takes one in about two microseconds, and
 * none is lost or out of order when the process dies.
 */
export class LogFile {
  readonly #deps: LogFileDeps
  #descriptor: number | null = null
  #checkedAtMs = Number.NEGATIVE_INFINITY
  #hasFailed = false

  constructor(deps: LogFileDeps) {
    this.#deps = deps
  }

  write(line: string): void {
    const nowMs = this.#deps.nowMs()
    const isCheckDue = Math.abs(nowMs - this.#checkedAtMs) >= CHECK_MS
    if (this.#descriptor === null && !isCheckDue) return
    try {
      if (isCheckDue) {
        this.#checkedAtMs = nowMs
        if (this.#descriptor !== null && !isSameFile(this.#descriptor, this.#deps.path)) this.close()
      }
      this.#descriptor ??= openAppending(this.#deps.path)
      appendWhole(this.#descriptor, Buffer.from(`${line}\n`))
      this.#succeeded()
    } catch (error) {
      this.close()
      this.#failed(error instanceof Error ? error.message : String(error))
    }
  }

  close(): void {
    const descriptor = this.#descriptor
    this.#descriptor = null
    if (descriptor !== null) closeSync(descriptor)
  }

  #succeeded(): void {
    if (!this.#hasFailed) return
    this.#hasFailed = false
    this.#deps.onRecovery()
  }

  #failed(reason: string): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#deps.onFailure(reason)
  }
}

function openAppending(path: string): number {
  // O_NONBLOCK: a FIFO without a reader must not hold up the daemon.
  return openSync(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY,
    0o640,
  )
}

/** A disk that runs full takes the beginning of a line: it is taken back, so that no other line is glued to it. */
function appendWhole(descriptor: number, bytes: Buffer): void {
  const written = writeSync(descriptor, bytes)
  if (written === bytes.length) return
  ftruncateSync(descriptor, fstatSync(descriptor).size - written)
  throw new Error(`ENOSPC: only ${written} of ${bytes.length} bytes could be written`)
}

function isSameFile(descriptor: number, path: string): boolean {
  const named = statSync(path, { throwIfNoEntry: false })
  const held = fstatSync(descriptor)
  return named !== undefined && named.ino === held.ino && named.dev === held.dev
}
