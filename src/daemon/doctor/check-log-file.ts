import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Check } from './check.ts'
import { good, warning } from './finding.ts'
import { reasonOf } from './system-error.ts'

/** Whether the log can be written. A miner that cannot goes on, with its log in the journal alone. */
export const LOG_FILE_CHECK: Check = {
  id: 'log_file',
  name: 'log file',
  needs: [],
  limitMs: 2_000,
  run: async ({ config: { logFile }, viewpoint: { user } }) => {
    if (logFile === null) return [good('none is wanted: the log is in the journal (journalctl -u aitbc-miner)')]
    const isThere = existsSync(logFile)
    try {
      accessSync(isThere ? logFile : dirname(logFile), isThere ? constants.W_OK : constants.W_OK | constants.X_OK)
      return [good(isThere ? `${logFile} can be written to` : `${logFile} is not there yet: the miner makes it`)]
    } catch (error) {
      const what = isThere ? `${user} cannot write to ${logFile}` : `${logFile} is not there, and ${user} cannot make it`
      const remedy = isThere
        ? `chown ${user}:adm ${logFile} && chmod 640 ${logFile}`
        : `install -o ${user} -g adm -m 640 /dev/null ${logFile}`
      return [warning(`${what}: ${reasonOf(error)}`, `${remedy}, or set LOG_FILE`)]
    }
  },
}
