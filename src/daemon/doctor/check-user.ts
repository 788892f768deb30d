import { accessSync, constants } from 'node:fs'
import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'
import { reasonOf } from './system-error.ts'
import { SERVICE_USER } from './viewpoint.ts'

/** As whom all else is looked at, and whether that user may read the configuration. */
export const USER_CHECK: Check = {
  id: 'user',
  name: 'user',
  needs: [],
  limitMs: 2_000,
  run: async ({ config, viewpoint: { user, kind } }) => {
    try {
      accessSync(config.configFile, constants.R_OK)
    } catch (error) {
      return [
        failed(
          `the user ${user} may not read ${config.configFile} (${reasonOf(error)})`,
          `chown :${user} ${config.configFile} && chmod 640 ${config.configFile}`,
        ),
      ]
    }
    if (kind === 'service') return [good(`all of this is seen as ${user}, the user of the service`)]
    if (kind === 'root') {
      const what = `all of this is seen as root, who may do everything: there is no user ${SERVICE_USER}`
      return [warning(what, 'install the package, or name the user that the miner runs as: --user NAME')]
    }
    return [
      warning(
        `all of this is seen as ${user}; what the service's user ${SERVICE_USER} may do cannot be seen`,
        'if the miner runs as a service: sudo aitbc-miner doctor',
      ),
    ]
  },
}
