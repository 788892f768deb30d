import { join } from 'node:path'
import type { ConfigProblem } from '../config/config-problem.ts'
import type { MinerConfig } from '../config/miner-config.ts'
import { serviceEnvironment } from '../config/service-environment.ts'
import { ControlServer } from '../control/control-server.ts'
import type { Logger } from '../domain/ports.ts'
import { createLogger } from '../platform/logger.ts'
import { FileIdentity } from '../platform/file-identity.ts'
import { createServiceNotifier } from '../platform/service-notifier.ts'
import { StateDirLock } from '../platform/state-dir-lock.ts'
import { SystemClock } from '../platform/system-clock.ts'
import { buildMiner } from './build-miner.ts'
import { StopSignals } from './signals.ts'
import { watchFiles } from './watch-files.ts'

export interface RunMinerOptions {
  readonly config: MinerConfig
  readonly warnings: readonly ConfigProblem[]
  readonly version: string
}

/**
 * Runs the miner in this process until a signal ends it; resolves with the exit code 0 once all is put away.
 * Rejects with an `AitbcError` when it cannot start or go on.
 */
export async function runMiner(options: RunMinerOptions): Promise<number> {
  const opened = new AsyncDisposableStack()
  try {
    return await runWith(opened, options)
  } finally {
    await opened.disposeAsync()
  }
}

/** Opens everything onto the stack, in the order of need, and runs. */
async function runWith(opened: AsyncDisposableStack, { config, warnings, version }: RunMinerOptions): Promise<number> {
  const clock = new SystemClock()
  const { notifySocket, isJournal, wantsColors, variables } = serviceEnvironment()
  const lock = opened.use(StateDirLock.acquire(config.stateDir))
  const log = createLogger({
    level: config.logLevel,
    stdout: process.stdout,
    stdoutStyle: isJournal ? 'journal' : wantsColors ? 'coloured' : 'terminal',
    file: config.logFile,
    secrets: [config.apiKey.reveal()],
    clock,
  })
  opened.defer(() => log.close())
  const { logger } = log
  const signals = new StopSignals({ process, logger })
  signals.listen()
  opened.defer(() => signals.letGo())
  logger.info('miner starting', {
    version,
    miner: config.minerId,
    coordinator: config.coordUrl.href,
    slots: config.maxConcurrency,
    config: config.configFile,
    pid: process.pid,
  })
  logWarnings(logger, warnings)
  const notifier = createServiceNotifier({ notifySocket, logger })
  opened.defer(() => notifier.flush())

  const miner = opened.use(await buildMiner({ config, version, environment: variables, clock, logger, notifier }))
  const control = new ControlServer({ socketPath: config.controlSocket, handlers: miner, logger })
  await control.start()
  opened.defer(() => control.stop())
  opened.defer(
    watchFiles({
      stateDir: config.stateDir,
      files: [lock.file, FileIdentity.ofOpen(join(config.stateDir, 'journal.sqlite'))],
      clock,
      onLost: (error) => miner.lifecycle.fail(error),
    }),
  )
  signals.direct(miner.lifecycle)

  await miner.lifecycle.run()
  logger.info('miner stopped', { handed_back: miner.lifecycle.handedBack })
  return 0
}

function logWarnings(logger: Logger, warnings: readonly ConfigProblem[]): void {
  for (const { key, file, line, message } of warnings) {
    logger.warn('configuration', {
      key,
      at: file === null ? 'environment' : `${file}${line === null ? '' : `:${line}`}`,
      problem: message,
    })
  }
}
