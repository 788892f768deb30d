import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Readable } from 'node:stream'

/** How a program ended. Everything that can go wrong is told, nothing is thrown. */
export type CommandResult =
  /** It ended by itself; `exitCode` is null after a signal. */
  | { readonly kind: 'ended'; readonly exitCode: number | null; readonly stdout: string; readonly stderr: string }
  /** There is no such program on PATH. */
  | { readonly kind: 'missing' }
  /** It may not be executed. */
  | { readonly kind: 'denied' }
  /** It did not end in time and was killed. */
  | { readonly kind: 'timeout' }
  /** It wrote more than allowed and was killed. */
  | { readonly kind: 'flooded' }
  | { readonly kind: 'aborted' }
  /** It could not be started for another reason. */
  | { readonly kind: 'unstartable'; readonly reason: string }

export interface BoundedCommandOptions {
  /** A name looked up on PATH, or a path. */
  readonly program: string
  /** The program's whole environment; its PATH is also the one that is searched. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly timeoutMs: number
  /** Of standard output and standard error each. */
  readonly maxBytes: number
}

/**
 * A program that is asked now and then and must not be trusted to answer. A program that hangs in the kernel cannot even be
 * killed: it is then left behind, and until it is gone further runs end as `timeout` at once instead of adding another one.
 */
export class BoundedCommand {
  readonly #options: BoundedCommandOptions
  #leftBehind: ChildProcess | null = null

  constructor(options: BoundedCommandOptions) {
    this.#options = options
  }

  /** Runs the program, without a shell. Resolves within the time limit, whatever the program does; never rejects. */
  run(args: readonly string[], signal: AbortSignal): Promise<CommandResult> {
    if (signal.aborted) return Promise.resolve({ kind: 'aborted' })
    if (this.#leftBehind !== null && !hasEnded(this.#leftBehind)) return Promise.resolve({ kind: 'timeout' })
    this.#leftBehind = null
    return new Promise((resolve) => {
      try {
        this.#start(args, signal, resolve)
      } catch (error) {
        // Most failures come as an event, but not all, such as lack of memory.
        resolve({ kind: 'unstartable', reason: error instanceof Error ? error.message : String(error) })
      }
    })
  }

  #start(args: readonly string[], signal: AbortSignal, resolve: (result: CommandResult) => void): void {
    const { program, environment, timeoutMs, maxBytes } = this.#options
    // A process group of its own, so that a wrapper script is killed together with what it started.
    const child: ChildProcess = spawn(program, args, {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let timer: NodeJS.Timeout | undefined
    const finish = (result: CommandResult): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      resolve(result)
    }
    const kill = (result: CommandResult): void => {
      killGroup(child)
      child.stdout?.destroy()
      child.stderr?.destroy()
      // Unless it dies of this, nothing here may wait for it, the end of the daemon included.
      child.unref()
      this.#leftBehind = child
      finish(result)
    }
    const abort = (): void => {
      kill({ kind: 'aborted' })
    }
    const flooded = (): void => {
      kill({ kind: 'flooded' })
    }
    child.on('error', (error) => {
      finish(failedStart(error, program, environment['PATH']))
    })
    const stdout = collect(child.stdout, maxBytes, flooded)
    const stderr = collect(child.stderr, maxBytes, flooded)
    child.on('close', (exitCode) => {
      finish({ kind: 'ended', exitCode, stdout: stdout(), stderr: stderr() })
    })
    timer = setTimeout(() => {
      kill({ kind: 'timeout' })
    }, timeoutMs)
    signal.addEventListener('abort', abort)
  }
}

/** There is no stream when the process ran out of file descriptors; then `error` follows. */
function collect(stream: Readable | null, maxBytes: number, onFlood: () => void): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream?.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > maxBytes) onFlood()
    else chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

function failedStart(error: NodeJS.ErrnoException, program: string, path: string | undefined): CommandResult {
  if (error.code === 'ENOENT') return { kind: 'missing' }
  if (error.code !== 'EACCES' && error.code !== 'EPERM') return { kind: 'unstartable', reason: error.message }
  // The search along PATH ends so as well when nothing was found and one of the folders may not be looked into, as /root/bin.
  return { kind: isFileOnPath(program, path) ? 'denied' : 'missing' }
}

function isFileOnPath(program: string, path = ''): boolean {
  const places = program.includes('/') ? [program] : path.split(delimiter).map((folder) => join(folder, program))
  return places.some((place) => {
    try {
      return statSync(place).isFile()
    } catch {
      return false
    }
  })
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It is gone already.
  }
}
