import { AitbcError } from '../domain/errors.ts'
import { jobFailure, JobFailureError } from '../domain/failure-codes.ts'
import type { FailureCode, JobFailure } from '../domain/failure-codes.ts'
import type { Logger } from '../domain/ports.ts'
import type { LocalFaults } from './local-faults.ts'

/** What a machine that breaks under a job makes of it: an engine that cannot start or write, an input that cannot be kept. */
const PERHAPS_OURS: ReadonlySet<FailureCode> = new Set(['E_ENGINE', 'E_INPUT'])

export interface NameFailureDeps {
  readonly faults: Pick<LocalFaults, 'report' | 'examine'>
  readonly logger: Logger
}

/**
 * What to report of a job that ended by this error. A fault of this machine is not the job's: it is handed back as
 * `E_SHUTDOWN`, for another miner or for later. The job's own work folder must be gone by now, since what lies in it may
 * be what fills the disk.
 */
export async function nameFailure(error: unknown, { faults, logger }: NameFailureDeps): Promise<JobFailure> {
  if (error instanceof JobFailureError) {
    if (!PERHAPS_OURS.has(error.failure.code)) return error.failure
    if (!(await faults.examine('file descriptors'))) return handedBack('it can open no more files')
    return (await faults.examine('work folder')) ? error.failure : handedBack('its work folder cannot be used')
  }
  if (error instanceof AitbcError && error.code === 'AITBC_WORK_DIR') {
    if (!(await faults.examine('file descriptors'))) return handedBack('it can open no more files')
    faults.report('work folder', error)
    return handedBack('its work folder cannot be used')
  }
  if (error instanceof AitbcError && error.kind !== 'bug') {
    logger.error('job cannot run on this machine: mend what the error says', { code: error.code, error: error.message })
    return jobFailure('E_ENGINE', `the miner failed: ${error.message}`)
  }
  const text = error instanceof Error ? error.message : String(error)
  logger.error('job ended by an error of ours: please report it', {
    error: error instanceof Error ? (error.stack ?? text) : text,
  })
  return jobFailure('E_ENGINE', `the miner failed: ${text}`)
}

function handedBack(why: string): JobFailure {
  return jobFailure('E_SHUTDOWN', `this miner cannot work at present: ${why}`)
}
