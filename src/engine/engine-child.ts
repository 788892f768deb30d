import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { Duplex } from 'node:stream'
import type { JobProgress } from '../domain/engine.ts'
import type { Clock } from '../domain/ports.ts'
import { FlowLimit } from './flow-limit.ts'
import { dieFirst } from './die-first.ts'
import { MessageLines, messageLine } from './message-lines.ts'
import { MAX_INLINE_BYTES, fromChild } from './messages.ts'
import type { DoneMessage, FromChild, ReadyMessage, SandboxMessage, ToChild } from './messages.ts'
import { OutputTail } from './output-tail.ts'
import { FAMILY_VARIABLE, familyMembers, familyRssMb, killFamily, processRssMb, startTicksOf } from './process-family.ts'
import type { Family } from './process-family.ts'
import { signalGroup } from './process-group.ts'

const OUTPUT_TAIL_BYTES = 8192
/** An inline output in base64 with everything around it, and room for a long line of progress. */
const MAX_MESSAGE_LENGTH = 16 * MAX_INLINE_BYTES
const TERM_GRACE_MS = 1000
/** A process that SIGKILL does not end within this time hangs in the kernel; nothing more can be done about it. */
const KILL_WAIT_MS = 2000
/** How long the last messages of an ended process may take to be read. */
const DRAIN_MS = 200
const SWEEP_MS = 10
/** In a tenth of a second: far more than engines write, far less than a machine can. */
const OUTPUT_BYTES_PER_WINDOW = 8 * 1024 * 1024
const MESSAGE_BYTES_PER_WINDOW = 4 * MAX_MESSAGE_LENGTH
/** A message costs as much as so many bytes of a long one. */
const MESSAGE_COST = 2048

export type RunMessage = Extract<ToChild, { type: 'run' }>
export type FailedMessage = Extract<FromChild, { type: 'failed' }>
export type RunAnswer = DoneMessage | FailedMessage

/** Why a child is no more. */
export interface ChildEnd {
  /** For a message: `was killed by SIGSEGV`, `exited with code 70`, with the last line it wrote. */
  readonly description: string
  /** True when this side ended it, so that the child is not to blame. */
  readonly isOurs: boolean
  /** The run it was ended for; null when that cannot be told. */
  readonly culprit: number | null
  /** Runs that were in the child at its end. */
  readonly activeRuns: number
  /** Runs that it had answered before. */
  readonly answeredRuns: number
}

/** The child ended while it had this run. */
export class ChildEndedError extends Error {
  override readonly name = 'ChildEndedError'
  readonly end: ChildEnd

  constructor(end: ChildEnd) {
    super(end.description)
    this.end = end
  }
}

export interface ChildCommand {
  readonly execPath: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

interface PendingRun {
  readonly resolve: (answer: RunAnswer) => void
  readonly reject: (error: ChildEndedError) => void
  readonly onProgress: (progress: JobProgress) => void
}

/**
 * One child process in a process group of its own, from spawn to exit. It is told to end by a closed socket too, so it
 * does not outlive this process.
 */
export class EngineChild {
  /** Resolves with what the child says of itself; rejects with `ChildEndedError` when it ends before that. */
  readonly ready: Promise<ReadyMessage>
  /** Resolves when the process is gone and all it said has been read. */
  readonly ended: Promise<ChildEnd>
  readonly #clock: Clock
  readonly #process: ChildProcess
  readonly #family: Family | null
  /** Null for a process that could not be started for want of file descriptors. */
  readonly #channel: Duplex | null
  readonly #tail = new OutputTail(OUTPUT_TAIL_BYTES)
  readonly #runs = new Map<number, PendingRun>()
  #becomeReady: (message: ReadyMessage) => void = () => {}
  #isReady = false
  #sandbox: SandboxMessage | null = null
  #heard = 0
  #answeredRuns = 0
  #isEnded = false
  #cause: { readonly text: string; readonly isOurs: boolean; readonly culprit: number | null } | null = null
  #terminating: Promise<void> | null = null

  constructor(command: ChildCommand, clock: Clock) {
    this.#clock = clock
    const mark = randomUUID()
    this.#process = spawn(command.execPath, command.args, {
      detached: true,
      env: { ...command.environment, [FAMILY_VARIABLE]: mark },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    const { pid } = this.#process
    this.#family = pid === undefined ? null : { leader: pid, mark, startTicks: startTicksOf(pid) }
    if (pid !== undefined) dieFirst(pid)
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      const limit = stream === null ? null : new FlowLimit({ stream, clock, perWindow: OUTPUT_BYTES_PER_WINDOW })
      stream?.on('data', (bytes: Buffer) => {
        this.#tail.push(bytes)
        limit?.spend(bytes.length)
      })
    }
    this.#channel = channelOf(this.#process)
    const channelClosed = this.#channel === null ? Promise.resolve() : this.#listen(this.#channel)
    this.ended = this.#watchExit(channelClosed)
    this.ready = new Promise((resolve, reject) => {
      this.#becomeReady = resolve
      void this.ended.then((end) => reject(new ChildEndedError(end)))
    })
    // Whoever waits for it sees the rejection; no one may be waiting.
    this.ready.catch(() => {})
  }

  /** Null when the process could not be started. */
  get pid(): number | null {
    return this.#process.pid ?? null
  }

  /** Resident memory, in MiB, of the process alone or of all that come from it; null when there is none. */
  rssMb(of: 'leader' | 'family'): number | null {
    if (this.#family === null) return null
    return of === 'leader' ? processRssMb(this.#family.leader) : familyRssMb(this.#family)
  }

  get activeRuns(): number {
    return this.#runs.size
  }

  get isUsable(): boolean {
    return !this.#isEnded && this.#cause === null
  }

  /** Messages that it has sent so far. */
  get heard(): number {
    return this.#heard
  }

  /** What its launcher took from it; null when it was started without one. */
  get sandbox(): SandboxMessage | null {
    return this.#sandbox
  }

  /** What it wrote last on stdout and stderr. */
  get outputTail(): string {
    return this.#tail.text()
  }

  /** Hands a run over and resolves with its answer; rejects with `ChildEndedError`. */
  run(message: RunMessage, onProgress: (progress: JobProgress) => void): Promise<RunAnswer> {
    return new Promise((resolve, reject) => {
      this.#runs.set(message.runId, { resolve, reject, onProgress })
      if (this.#isEnded) void this.ended.then((end) => reject(new ChildEndedError(end)))
      else this.#send(message)
    })
  }

  cancel(runId: number): void {
    this.#send({ type: 'cancel', runId })
  }

  /** Asks for a sign of life. */
  ping(): void {
    this.#send({ type: 'ping' })
  }

  /** Asks the child to end, then makes it. Resolves when it is gone. */
  async shutDown(graceMs: number): Promise<void> {
    this.#setCause('was shut down', { isOurs: true, culprit: null })
    this.#send({ type: 'shutdown' })
    if (!(await this.#endsWithin(graceMs))) await this.terminate('did not shut down', null)
  }

  /** SIGTERM to the group, then SIGKILL. Resolves when the process is gone, at the latest after three seconds. */
  terminate(because: string, culprit: number | null): Promise<void> {
    this.#setCause(because, { isOurs: true, culprit })
    this.#terminating ??= this.#terminate()
    return this.#terminating
  }

  /** SIGKILL to the group at once, by the child's own fault: it does not do what a child must. */
  giveUp(what: string): void {
    if (this.#isEnded) return
    this.#setCause(what, { isOurs: false, culprit: null })
    this.#signal('SIGKILL')
  }

  /** SIGKILL to the group at once. */
  async kill(because: string, culprit: number | null): Promise<void> {
    this.#setCause(because, { isOurs: true, culprit })
    this.#signal('SIGKILL')
    await this.#endsWithin(KILL_WAIT_MS)
  }

  async #terminate(): Promise<void> {
    this.#signal('SIGTERM')
    if (await this.#endsWithin(TERM_GRACE_MS)) return
    this.#signal('SIGKILL')
    await this.#endsWithin(KILL_WAIT_MS)
  }

  /** First cause wins: what follows from it is not news. */
  #setCause(text: string, by: { readonly isOurs: boolean; readonly culprit: number | null }): void {
    this.#cause ??= { text, ...by }
  }

  async #endsWithin(ms: number): Promise<boolean> {
    const timer = new AbortController()
    try {
      return await Promise.race([this.ended.then(() => true), this.#clock.sleep(ms, timer.signal).then(() => false)])
    } finally {
      timer.abort()
    }
  }

  #signal(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.pid !== null && !this.#isEnded) signalGroup(this.pid, signal)
  }

  #send(message: ToChild): void {
    if (this.#channel?.writable === true) this.#channel.write(messageLine(message))
  }

  /** Resolves when the channel is closed. */
  #listen(channel: Duplex): Promise<void> {
    const lines = new MessageLines(MAX_MESSAGE_LENGTH)
    const limit = new FlowLimit({ stream: channel, clock: this.#clock, perWindow: MESSAGE_BYTES_PER_WINDOW })
    channel.on('data', (bytes: Buffer) => {
      try {
        const messages = lines.push(bytes)
        limit.spend(bytes.length + messages.length * MESSAGE_COST)
        for (const message of messages) this.#receive(fromChild.parse(message))
      } catch (error) {
        channel.destroy()
        this.giveUp(`sent what is no message (${error instanceof Error ? firstLine(error.message) : 'unknown error'})`)
      }
    })
    return new Promise((resolve) => {
      // A child that dies leaves a broken pipe; its exit tells the story.
      channel.on('error', () => channel.destroy())
      channel.on('end', () => {
        channel.end()
        // Without its channel a child is of no use.
        void this.#clock.sleep(DRAIN_MS, new AbortController().signal).then(() => this.giveUp('closed its channel'))
      })
      channel.on('close', resolve)
    })
  }

  #receive(message: FromChild): void {
    this.#heard += 1
    switch (message.type) {
      case 'sandbox':
        // Only the first message is the launcher's.
        if (this.#heard > 1) return this.giveUp('spoke of its sandbox')
        this.#sandbox = message
        return undefined
      case 'ready':
        if (this.#isReady) return this.giveUp('said ready twice')
        this.#isReady = true
        return this.#becomeReady(message)
      case 'pong':
        return undefined
      case 'fatal':
        return this.#setCause(`failed: ${message.message}`, { isOurs: false, culprit: null })
      case 'progress':
        return this.#pending(message.runId)?.onProgress(message.progress)
      case 'done':
      case 'failed': {
        const run = this.#pending(message.runId)
        this.#runs.delete(message.runId)
        this.#answeredRuns += 1
        return run?.resolve(message)
      }
      default:
        return message satisfies never
    }
  }

  #pending(runId: number): PendingRun | undefined {
    const run = this.#runs.get(runId)
    if (run === undefined) this.giveUp(`spoke of run ${runId}, which it does not have`)
    return run
  }

  async #watchExit(channelClosed: Promise<void>): Promise<ChildEnd> {
    const exit = await new Promise<string>((resolve) => {
      this.#process.on('exit', (code, signal) =>
        resolve(signal === null ? `exited with code ${code}` : `was killed by ${signal}`),
      )
      this.#process.on('error', (error) => resolve(`could not be started: ${error.message}`))
    })
    // What is left of its family goes with it, and lets go of the pipes.
    if (this.#family !== null) await this.#sweep(this.#family)
    const timer = new AbortController()
    await Promise.race([channelClosed, this.#clock.sleep(DRAIN_MS, timer.signal)])
    timer.abort()
    this.#isEnded = true
    for (const stream of [this.#channel, this.#process.stdout, this.#process.stderr]) stream?.destroy()
    const end = this.#endOf(exit)
    // The newest first: it is the likeliest culprit, so it shall be the first to be tried alone.
    for (const run of [...this.#runs.values()].toReversed()) run.reject(new ChildEndedError(end))
    this.#runs.clear()
    return end
  }

  /** Resolves when no process of the family is left; a killed one takes a moment to go. */
  async #sweep(family: Family): Promise<void> {
    const patience = new AbortController()
    for (let waitedMs = 0; waitedMs < KILL_WAIT_MS && familyMembers(family)?.length !== 0; waitedMs += SWEEP_MS) {
      killFamily(family)
      await this.#clock.sleep(SWEEP_MS, patience.signal)
    }
  }

  #endOf(exit: string): ChildEnd {
    const lastLine = this.#tail.lastLine()
    const cause = this.#cause
    const text = cause === null ? exit : cause.isOurs ? cause.text : `${cause.text}, ${exit}`
    return {
      description: lastLine === null || cause?.isOurs === true ? text : `${text}; its last words: ${lastLine}`,
      isOurs: cause?.isOurs ?? false,
      culprit: cause?.culprit ?? null,
      activeRuns: this.#runs.size,
      answeredRuns: this.#answeredRuns,
    }
  }
}

/** Without file descriptors there are no streams, whatever the type says; an error event follows. */
function channelOf({ stdio }: { readonly stdio?: readonly unknown[] }): Duplex | null {
  const channel = stdio?.[3]
  return channel instanceof Duplex ? channel : null
}

function firstLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200)
}
