import type { Logger } from '../domain/ports.ts'

/** The part of `process` that is shielded. */
export interface ShieldedProcess extends NodeJS.EventEmitter {
  readonly report: Pick<NodeJS.ProcessReport, 'excludeEnv'>
}

export interface ShieldProcessDeps {
  readonly process: ShieldedProcess
  readonly logger: Logger
  /** Ends the process at once. */
  readonly exit: (code: number) => void
}

/** As of any program that ends by an error nobody expected; the service manager starts the miner again. */
const UNEXPECTED_EXIT_CODE = 1

/**
 * Closes the ways by which Node lets out what the daemon has in memory, the API key above all. SIGUSR1 opens no debugger, to which
 * every user of the machine could connect. An error that nobody caught goes through the log, which takes secrets out, and not to stderr
 * with all its properties. A diagnostic report, if the operator asks Node for one, holds no environment.
 */
export function shieldProcess({ process, logger, exit }: ShieldProcessDeps): void {
  process.report.excludeEnv = true
  process.on('SIGUSR1', () => logger.debug('SIGUSR1 ignored: no debugger is opened'))
  process.on('uncaughtException', (error: unknown) => {
    logger.error('the miner ends by an error of ours: please report it', { error: stackOf(error) })
    exit(UNEXPECTED_EXIT_CODE)
  })
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const stack = error.stack ?? error.message
  return error.cause === undefined ? stack : `${stack}; caused by ${stackOf(error.cause)}`
}
