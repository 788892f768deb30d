/**
 * Runs the jobs of one engine kind in a child process. At most one child is there at a time:
 *
 *     stopped ──▶ starting ──▶ ready ──▶ stopped        idle for long, or stop()
 *        ▲           │           │
 *        └─ backoff ◀┴───────────┘                      crash
 *
 * Whose fault is a crash? With one run in a fresh child, that run's. With several, or with earlier ones that may have left it
 * broken, it cannot be told: each is run once more, alone and in a fresh child, and the one that brings that down is the one that fails. A run whose child was killed on account of
 * another (it would not end, it took too much memory) has done nothing and is simply run again.
 */
import type { EngineStatus, JobProgress } from '../domain/engine.ts'
import { JobFailureError } from '../domain/failure-codes.ts'
import type { Clock, Logger } from '../domain/ports.ts'
import type { EngineKind } from '../workloads/workload-table.ts'
import { ChildEndedError, EngineChild } from './engine-child.ts'
import type { ChildCommand, ChildEnd, RunAnswer, RunMessage } from './engine-child.ts'
import type { ReadyMessage } from './messages.ts'
import { missingLayers, sandboxText } from './sandbox/sandbox-text.ts'
import { RuleTargets } from './sandbox/rule-targets.ts'
import type { SandboxSettings } from './sandbox/sandboxed-command.ts'
import { RestartBackoff } from './restart-backoff.ts'
import { RunEnding } from './run-ending.ts'
import { RunGate } from './run-gate.ts'
import { watchAnswers } from './watch-answers.ts'
import { watchMemory } from './watch-memory.ts'

/** How often a run is begun again after its child went down on account of others. */
const MAX_DISTURBANCES = 3
const SHUTDOWN_GRACE_MS = 1000

export interface EngineHostDeps {
  readonly kind: EngineKind
  /** `cpu`, `gpu0`, … */
  readonly device: string
  readonly command: ChildCommand
  /** What the child may touch; null where the operator has switched the sandbox off. */
  readonly sandbox: SandboxSettings | null
  readonly clock: Clock
  readonly logger: Logger
  /** Runs at a time in the child. */
  readonly parallelRuns: number
  readonly startTimeoutMs: number
  readonly idleMs: number
  readonly cancelGraceMs: number
  /** How long a child with a run may say nothing, though asked; null for one whose thread computes itself. */
  readonly silenceMs: number | null
}

/** One run for the child. */
export interface HostRun {
  readonly message: Omit<RunMessage, 'type' | 'runId'>
  readonly maxRuntimeS: number
  readonly ramMb: number | null
  readonly signal: AbortSignal
  readonly onProgress: (progress: JobProgress) => void
}

export interface HostAnswer {
  readonly answer: RunAnswer
  /** Highest memory seen of the child while this run was in it, in MiB; null when it ended before the first look. */
  readonly peakRamMb: number | null
}

interface ActiveRun {
  readonly runId: number
  readonly ramMb: number | null
  readonly ending: RunEnding
  peakRamMb: number | null
}

export class EngineHost {
  readonly #deps: EngineHostDeps
  readonly #gate: RunGate
  readonly #targets: RuleTargets | null
  readonly #backoff = new RestartBackoff()
  readonly #endings = new Set<RunEnding>()
  readonly #active = new Map<number, ActiveRun>()
  readonly #stopping = new AbortController()
  #child: EngineChild | null = null
  #readyMessage: ReadyMessage | null = null
  #starting: Promise<EngineChild> | null = null
  #lastEnd: Promise<unknown> = Promise.resolve()
  #idleTimer = new AbortController()
  #runWatch: AbortController | null = null
  #sandbox: string | null = null
  #hasWarned = false
  #nextRunId = 1
  #starts = 0

  constructor(deps: EngineHostDeps) {
    this.#deps = deps
    this.#gate = new RunGate(deps.parallelRuns)
    this.#targets = deps.sandbox === null ? null : new RuleTargets(deps.sandbox)
  }

  /** Runs to an answer of the child. Rejects with a `JobFailureError`, whatever happens within bounds. */
  async run(run: HostRun): Promise<HostAnswer> {
    const ending = new RunEnding(run.signal)
    this.#endings.add(ending)
    this.#idleTimer.abort()
    if (this.#stopping.signal.aborted) ending.end(shutdownFailure())
    try {
      return await this.#runUndisturbed(run, ending)
    } finally {
      ending.dispose()
      this.#endings.delete(ending)
      if (this.#endings.size === 0) this.#startIdleTimer()
    }
  }

  status(): EngineStatus {
    const child = this.#child
    return {
      engine: this.#deps.kind,
      device: this.#deps.device,
      state: this.#state(),
      pid: child?.pid ?? null,
      activeRuns: this.#active.size,
      restarts: Math.max(0, this.#starts - 1),
      rssMb: child?.rssMb('family') ?? null,
      version: this.#readyMessage === null ? null : `${this.#readyMessage.name} ${this.#readyMessage.version}`,
      backend: this.#readyMessage?.backend ?? null,
      sandbox: this.#sandbox,
    }
  }

  /** Ends all runs as `E_SHUTDOWN` and the child with them; bounded. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#idleTimer.abort()
    for (const ending of this.#endings) ending.end(shutdownFailure())
    await this.#child?.shutDown(SHUTDOWN_GRACE_MS)
  }

  async #runUndisturbed(run: HostRun, ending: RunEnding): Promise<HostAnswer> {
    let isSuspect = false
    for (let disturbances = 1; ; disturbances++) {
      try {
        return await this.#attempt(run, ending, isSuspect)
      } catch (error) {
        ending.signal.throwIfAborted()
        if (!(error instanceof ChildEndedError)) throw error
        const { end } = error
        const isToBlame = !end.isOurs && end.activeRuns <= 1 && end.answeredRuns === 0
        if (isToBlame || disturbances > MAX_DISTURBANCES) {
          throw new JobFailureError('E_ENGINE', `the ${this.#deps.kind} engine ${end.description}`, { cause: error })
        }
        isSuspect = end.culprit === null
      }
      // Text streamed so far comes again: whoever shows it must know.
      run.onProgress({ type: 'log', data: `the ${this.#deps.kind} engine was restarted; the job begins again` })
    }
  }

  async #attempt(run: HostRun, ending: RunEnding, isAlone: boolean): Promise<HostAnswer> {
    const { clock, kind } = this.#deps
    const stopWaiting = ending.endAfter(
      run.maxRuntimeS * 1000,
      () => new JobFailureError('E_ENGINE', `the ${kind} engine was not free for this job within ${run.maxRuntimeS} s`),
      clock,
    )
    try {
      const leave = await this.#gate.enter(isAlone || this.#mustRenew(run), ending.signal)
      try {
        const child = await this.#readyChild(run, ending.signal)
        stopWaiting()
        return await this.#execute(child, run, ending)
      } finally {
        leave()
      }
    } finally {
      stopWaiting()
    }
  }

  async #execute(child: EngineChild, run: HostRun, ending: RunEnding): Promise<HostAnswer> {
    const { clock, cancelGraceMs } = this.#deps
    const runId = this.#nextRunId++
    const active: ActiveRun = { runId, ramMb: run.ramMb, ending, peakRamMb: null }
    this.#active.set(runId, active)
    this.#watch(child)
    const stopTimer = ending.endAfter(
      run.maxRuntimeS * 1000,
      () => new JobFailureError('E_TIMEOUT', `the job ran longer than its limit of ${run.maxRuntimeS} s`),
      clock,
    )
    const settled = new AbortController()
    try {
      const answer = child.run({ type: 'run', runId, ...run.message }, (progress) => {
        if (!ending.signal.aborted) run.onProgress(progress)
      })
      const done = answer.finally(() => settled.abort())
      done.catch(() => {})
      await untilAborted([settled.signal, ending.signal])
      if (ending.signal.aborted && !settled.signal.aborted) {
        child.cancel(runId)
        await clock.sleep(cancelGraceMs, settled.signal)
        if (!settled.signal.aborted) await child.terminate('had to be killed, since a job did not end when told to', runId)
      }
      ending.signal.throwIfAborted()
      const result = await done
      this.#backoff.succeeded()
      return { answer: result, peakRamMb: active.peakRamMb }
    } finally {
      stopTimer()
      this.#active.delete(runId)
      if (this.#active.size === 0) this.#runWatch?.abort()
    }
  }

  /** The child, started if need be. */
  async #readyChild(run: HostRun, signal: AbortSignal): Promise<EngineChild> {
    if (this.#child?.isUsable === true && this.#starting === null) {
      if (this.#active.size > 0 || !this.#mustRenew(run)) return this.#child
      await this.#child.shutDown(SHUTDOWN_GRACE_MS)
    }
    this.#starting ??= this.#start().finally(() => {
      this.#starting = null
    })
    return unlessAborted(this.#starting, signal)
  }

  async #start(): Promise<EngineChild> {
    const { kind, clock, logger, startTimeoutMs } = this.#deps
    await this.#lastEnd
    await clock.sleep(this.#backoff.remainingMs(clock.monotonicMs()), this.#stopping.signal)
    if (this.#stopping.signal.aborted) throw shutdownFailure()
    const startMs = clock.monotonicMs()
    this.#targets?.note()
    const child = this.#spawn()
    this.#starts++
    this.#child = child
    this.#lastEnd = child.ended.then((end) => this.#childEnded(child, end))
    const timer = new AbortController()
    void clock.sleep(startTimeoutMs, timer.signal).then(() => {
      if (!timer.signal.aborted) child.giveUp(`was not ready within ${startTimeoutMs} ms`)
    })
    try {
      this.#readyMessage = await child.ready
      const { name, version, backend, device } = this.#readyMessage
      this.#sandbox = sandboxText(child.sandbox)
      const startedMs = Math.round(clock.monotonicMs() - startMs)
      logger.info('engine ready', {
        engine: kind,
        on: this.#deps.device,
        pid: child.pid,
        name,
        version,
        backend,
        device,
        sandbox: this.#sandbox,
        start_ms: startedMs,
      })
      this.#warnOfGaps(this.#sandbox)
      return child
    } catch (cause) {
      if (this.#stopping.signal.aborted) throw shutdownFailure()
      throw new JobFailureError(
        'E_ENGINE',
        `the ${kind} engine did not start: it ${String(cause instanceof Error ? cause.message : cause)}`,
        { cause },
      )
    } finally {
      timer.abort()
    }
  }

  /** Once: what the kernel cannot do it cannot do for the next child either. */
  #warnOfGaps(inForce: string): void {
    const missing = missingLayers(inForce)
    if (this.#hasWarned || this.#deps.sandbox === null || missing.length === 0) return
    this.#hasWarned = true
    const { kind, device, logger } = this.#deps
    logger.warn('engine sandbox incomplete', { engine: kind, on: device, missing: missing.join(', '), in_force: inForce })
  }

  #spawn(): EngineChild {
    const { kind, command, clock } = this.#deps
    try {
      return new EngineChild(command, clock)
    } catch (cause) {
      // Most failures come as an event, but not all, such as lack of memory.
      throw new JobFailureError('E_ENGINE', `the ${kind} engine could not be started: ${String(cause)}`, { cause })
    }
  }

  #childEnded(child: EngineChild, end: ChildEnd): void {
    const { kind, clock, logger } = this.#deps
    if (this.#child === child) this.#child = null
    this.#runWatch?.abort()
    const attributes = { engine: kind, pid: child.pid, reason: end.description, active_runs: end.activeRuns }
    if (end.isOurs) logger.debug('engine ended', attributes)
    else {
      logger.warn('engine crashed', attributes)
      this.#backoff.crashed(clock.monotonicMs())
    }
    if (child.outputTail !== '') logger.debug('engine output', { engine: kind, pid: child.pid, output: child.outputTail })
  }

  #startIdleTimer(): void {
    this.#idleTimer = new AbortController()
    const { signal } = this.#idleTimer
    if (this.#stopping.signal.aborted) return
    void this.#deps.clock.sleep(this.#deps.idleMs, signal).then(async () => {
      if (!signal.aborted) await this.#child?.shutDown(SHUTDOWN_GRACE_MS)
    })
  }

  #state(): EngineStatus['state'] {
    if (this.#child?.isUsable === true) return this.#starting === null ? 'ready' : 'starting'
    return this.#starting === null ? 'stopped' : 'backoff'
  }

  /**
   * The memory of a warm child is judged as the run's own, so one that is too big already must be renewed first; so must one whose
   * rules do not let it at the run's files.
   */
  #mustRenew({ ramMb, message: { workDir, model } }: HostRun): boolean {
    if (this.#child === null) return false
    const paths = model === null ? [workDir] : [workDir, model.path]
    return this.#exceeds(ramMb) || this.#targets?.holdFor(paths) === false
  }

  #exceeds(ramMb: number | null): boolean {
    return ramMb !== null && (this.#child?.rssMb('family') ?? 0) > ramMb
  }

  #smallestRamMb(): number | null {
    const limits = [...this.#active.values()].map(({ ramMb }) => ramMb).filter((ramMb) => ramMb !== null)
    return limits.length === 0 ? null : Math.min(...limits)
  }

  #watch(child: EngineChild): void {
    if (child.pid === null) return
    if (this.#runWatch !== null && !this.#runWatch.signal.aborted) return
    this.#runWatch = new AbortController()
    const watch = {
      clock: this.#deps.clock,
      // All processes count where someone set a limit, which costs a look at every process of the machine.
      rssMb: () => child.rssMb(this.#smallestRamMb() === null ? 'leader' : 'family'),
      onSample: (rssMb: number) => this.#judgeMemory(child, rssMb),
    }
    void watchMemory(watch, this.#runWatch.signal)
    this.#watchAnswersOf(child, this.#runWatch.signal)
  }

  #watchAnswersOf(child: EngineChild, signal: AbortSignal): void {
    const { clock, silenceMs: limitMs } = this.#deps
    if (limitMs === null) return
    const onSilence = (): void => child.giveUp(`did not answer for ${limitMs / 1000} s: it hangs`)
    void watchAnswers({ clock, limitMs, ask: () => child.ping(), heard: () => child.heard, onSilence }, signal)
  }

  #judgeMemory(child: EngineChild, rssMb: number): void {
    for (const active of this.#active.values()) active.peakRamMb = Math.max(active.peakRamMb ?? 0, rssMb)
    const limitMb = this.#smallestRamMb()
    if (limitMb === null || rssMb <= limitMb || !child.isUsable) return
    const used = `${Math.ceil(rssMb)} MiB of memory, more than the limit of ${limitMb} MiB`
    const [only] = this.#active.values()
    const culprit = this.#active.size === 1 && only !== undefined ? only : null
    culprit?.ending.end(new JobFailureError('E_OOM', `the job took ${used}`))
    void child.kill(`was killed: it took ${used}`, culprit?.runId ?? null)
  }
}

function shutdownFailure(): JobFailureError {
  return new JobFailureError('E_SHUTDOWN', 'the miner stopped before the job was done')
}

/** Resolves when one of the signals is aborted. */
async function untilAborted(signals: readonly AbortSignal[]): Promise<void> {
  const any = AbortSignal.any([...signals])
  if (any.aborted) return
  await new Promise((resolve) => any.addEventListener('abort', resolve, { once: true }))
}

/** Rejects with the signal's reason where that comes first. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  const settled = new AbortController()
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: settled.signal })
      }),
    ])
  } finally {
    settled.abort()
  }
}
