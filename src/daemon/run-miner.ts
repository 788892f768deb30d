import { join } from 'node:path'
import type { GoodConfig, LoadedConfig } from '../config/load-config.ts'
import { serviceEnvironment } from '../config/service-environment.ts'
import { secretsOf } from '../config/secrets-of.ts'
import { ControlServer } from '../control/control-server.ts'
import { CRASH_POINTS } from '../domain/crash-points.ts'
import { CRASH_VARIABLE, crashAt } from '../platform/crash-at.ts'
import { createLogger } from '../platform/logger.ts'
import type { LogSettings } from '../platform/logger.ts'
import { FileIdentity } from '../platform/file-identity.ts'
import { createServiceNotifier } from '../platform/service-notifier.ts'
import { StateDirLock } from '../platform/state-dir-lock.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { LoopProgress } from '../worker/loop-progress.ts'
import { runWatchdog } from '../worker/watchdog.ts'
import { buildMiner } from './build-miner.ts'
import type { BuildMinerDeps, Miner } from './build-miner.ts'
import { logProblems } from './log-problems.ts'
import { MinerTotals } from './miner-totals.ts'
import { ServiceStatus } from './service-status.ts'
import { SettingsReload } from './settings-reload.ts'
import { shieldProcess } from './shield-process.ts'
import { StopSignals } from './signals.ts'
import { watchFiles } from './watch-files.ts'

/** Building a miner looks for GPUs and opens files, taking it down closes them, each in bounded time. */
const BUILD_LIMIT_MS = 60_000

export interface RunMinerOptions {
  readonly settings: GoodConfig
  /** Reads the configuration again. */
  readonly load: () => LoadedConfig
  readonly version: string
}

/**
 * Runs the miner in this process until a signal ends it; resolves with the exit code 0 once all is put away.
 * Rejects with an `AitbcError` when it cannot start or go on. SIGHUP, unless it comes from a terminal that is gone, has the
 * configuration read again; new settings come into force with a new miner in the same process, after the running jobs.
 */
export async function runMiner(options: RunMinerOptions): Promise<number> {
  const opened = new AsyncDisposableStack()
  try {
    return await runWith(opened, options)
  } finally {
    await opened.disposeAsync()
  }
}

/** Opens everything that outlives a change of settings onto the stack, in the order of need, and runs one miner after another. */
async function runWith(opened: AsyncDisposableStack, { settings, load, version }: RunMinerOptions): Promise<number> {
  const clock = new SystemClock()
  const { notifySocket, watchdogMs, isJournal, hasTerminal, wantsColors, variables } = serviceEnvironment()
  const crashPoint = crashAt(CRASH_POINTS, variables[CRASH_VARIABLE])
  // Before the log, so that a second miner does not write into that of the first.
  const locks = opened.use(new OneLock(settings.config.stateDir))
  const log = createLogger({
    ...logSettings(settings),
    stdout: process.stdout,
    stdoutStyle: isJournal ? 'journal' : wantsColors ? 'coloured' : 'terminal',
    clock,
  })
  opened.defer(() => log.close())
  const { logger } = log
  shieldProcess({ process, logger, exit: (code) => process.exit(code) })
  const signals = new StopSignals({ process, logger })
  signals.listen()
  opened.defer(() => signals.letGo())
  logger.info('miner starting', { version, ...factsOf(settings), pid: process.pid })
  logProblems(logger, settings.warnings)
  const notifier = createServiceNotifier({ notifySocket, logger })
  opened.defer(() => notifier.flush())

  let current: Miner | null = null
  const building = new LoopProgress('build', clock)
  const status = new ServiceStatus({ notifier, clock, status: () => current?.status() ?? null })
  status.start()
  opened.defer(() => status.stop())
  if (watchdogMs !== null) {
    const loops = (): readonly LoopProgress[] => [building, ...(current?.loops ?? [])]
    opened.defer(
      inBackground((signal) => runWatchdog({ limitMs: watchdogMs, loops, beat: () => status.beat(), clock, logger }, signal)),
    )
  }
  const reload = new SettingsReload({ settings, load, adjust: (next) => log.adjust(logSettings(next)), notifier, logger })
  if (!hasTerminal) {
    // Never given back to the system, which would end the process at one that comes while it stops.
    process.on('SIGHUP', () => {
      if (!signals.isStopping) reload.request()
    })
  }
  const totals = new MinerTotals()
  const startedAt = new Date(clock.nowMs()).toISOString()
  const shared = { version, environment: variables, clock, logger, notifier, startedAt, totals, crashPoint }

  for (;;) {
    const life = new AsyncDisposableStack()
    let miner: Miner | null = null
    try {
      const { config } = reload.inForce
      miner = await building.within(BUILD_LIMIT_MS, openMiner(life, { ...shared, config }, locks))
      const { lifecycle } = miner
      current = miner
      reload.direct(miner)
      signals.direct(lifecycle)
      await lifecycle.run()
      if (signals.isStopping || !reload.advance()) {
        logger.info('miner stopped', { handed_back: lifecycle.handedBack })
        status.end(lifecycle.handedBack === 0 ? 'stopped' : `stopped, running jobs handed back: ${lifecycle.handedBack}`)
        return 0
      }
      logger.info('miner goes on with new settings', factsOf(reload.inForce))
    } catch (error) {
      // A miner that ran and failed had settings that it could run with.
      if (miner !== null || !reload.revert(error)) throw error
    } finally {
      current = null
      reload.direct(null)
      await building.within(BUILD_LIMIT_MS, life.disposeAsync())
    }
  }
}

/** Opens a miner and what belongs to it alone onto the stack. */
async function openMiner(life: AsyncDisposableStack, deps: BuildMinerDeps, locks: OneLock): Promise<Miner> {
  const { config, clock, logger } = deps
  const lock = locks.move(config.stateDir)
  const miner = life.use(await buildMiner(deps))
  const control = new ControlServer({ socketPath: config.controlSocket, handlers: miner, logger })
  await control.start()
  life.defer(() => control.stop())
  life.defer(
    watchFiles({
      stateDir: config.stateDir,
      files: [lock.file, FileIdentity.ofOpen(join(config.stateDir, 'journal.sqlite'))],
      clock,
      onLost: (error) => miner.lifecycle.fail(error),
    }),
  )
  return miner
}

/** The lock of the state folder in use. */
class OneLock {
  #stateDir: string
  #lock: StateDirLock

  constructor(stateDir: string) {
    this.#stateDir = stateDir
    this.#lock = StateDirLock.acquire(stateDir)
  }

  /** Locks this folder and then gives the former one free; where that fails, nothing changes. */
  move(stateDir: string): StateDirLock {
    if (stateDir === this.#stateDir) return this.#lock
    const next = StateDirLock.acquire(stateDir)
    this.#lock.release()
    this.#lock = next
    this.#stateDir = stateDir
    return next
  }

  [Symbol.dispose](): void {
    this.#lock.release()
  }
}

function logSettings({ config }: GoodConfig): LogSettings {
  return { level: config.logLevel, file: config.logFile, secrets: secretsOf(config) }
}

function factsOf({ config }: GoodConfig): Record<string, string | number> {
  return {
    miner: config.minerId,
    coordinator: config.coordUrl.href,
    slots: config.maxConcurrency,
    config: config.configFile,
  }
}

/** Starts the work and returns how to end it. */
function inBackground(work: (signal: AbortSignal) => Promise<void>): () => Promise<void> {
  const stop = new AbortController()
  const running = work(stop.signal)
  return async () => {
    stop.abort()
    await running
  }
}
