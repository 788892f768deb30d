import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KEEP_LINES = 2_000

/** One of this project's programs as a real process, its output kept line by line. */
export class Program {
  readonly name: string
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #onLine = new Set<(line: string) => void>()

  /** Starts `node <script> <args>` with an environment of its own: nothing of the caller's but PATH and HOME. */
  constructor(
    name: string,
    script: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
    nodeFlags: readonly string[] = [],
  ) {
    this.name = name
    this.#child = spawn(process.execPath, [...nodeFlags, script, ...args], {
      cwd: ROOT,
      env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', HOME: process.env['HOME'] ?? '/', NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      let rest = ''
      stream?.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#take(line)
      })
    }
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  onLine(listener: (line: string) => void): void {
    this.#onLine.add(listener)
  }

  /** Resolves with the first line, past or future, that the pattern fits; rejects when the program ends or `limitMs` passes before. */
  async waitForLine(pattern: RegExp, limitMs = 60_000): Promise<string> {
    const known = this.lines.find((line) => pattern.test(line))
    if (known !== undefined) return known
    const { promise, resolve, reject } = Promise.withResolvers<string>()
    const listener = (line: string): void => {
      if (pattern.test(line)) resolve(line)
    }
    const onEnd = (): void =>
      reject(new Error(`${this.name} ended before it said ${pattern}:\n${this.lines.slice(-20).join('\n')}`))
    const timer = setTimeout(
      () => reject(new Error(`${this.name} did not say ${pattern} within ${limitMs} ms:\n${this.lines.slice(-20).join('\n')}`)),
      limitMs,
    )
    this.#onLine.add(listener)
    this.#child.once('close', onEnd)
    if (this.hasEnded) onEnd()
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      this.#onLine.delete(listener)
      this.#child.off('close', onEnd)
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves with the exit code, or the name of the signal that ended the program. */
  async ended(): Promise<number | string> {
    if (!this.hasEnded) await once(this.#child, 'exit')
    return this.#child.exitCode ?? this.#child.signalCode ?? 'unknown'
  }

  /** SIGTERM, and SIGKILL when that does not help within `limitMs`. */
  async stop(limitMs = 60_000): Promise<number | string> {
    this.signal('SIGTERM')
    const timer = setTimeout(() => this.signal('SIGKILL'), limitMs)
    try {
      return await this.ended()
    } finally {
      clearTimeout(timer)
    }
  }

  #take(line: string): void {
    this.lines.push(line)
    if (this.lines.length > KEEP_LINES) this.lines.splice(0, KEEP_LINES / 2)
    for (const listener of this.#onLine) listener(line)
  }
}
