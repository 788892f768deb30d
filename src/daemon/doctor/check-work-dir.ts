import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { AitbcError } from '../../domain/errors.ts'
import { DiskWorkDirectories } from '../../platform/disk-work-directories.ts'
import type { Check } from './check.ts'
import { failed, good } from './finding.ts'
import { askUnit } from './service-unit.ts'
import { probeFolder } from './probe-folder.ts'

/** Whether jobs can work, and are safe from other users, in WORK_DIR. */
export const WORK_DIR_CHECK: Check = {
  id: 'work_dir',
  name: 'work folder',
  needs: [],
  limitMs: 10_000,
  run: async ({ config, viewpoint, environment }, signal) => {
    const root = config.workDir
    // What lies in the /tmp of all says nothing then.
    if (
      viewpoint.kind === 'service' &&
      /^(?:\/var)?\/tmp\//.test(root) &&
      (await askUnit(environment, signal))?.hasPrivateTmp === true
    ) {
      return [good(`${root} lies in a /tmp of the service's own`)]
    }
    if (!existsSync(root)) return [probeFolder({ key: 'WORK_DIR', path: root }, viewpoint)]
    const scope = `doctor-${process.pid}`
    try {
      await new DiskWorkDirectories({ root, scope }).check()
      return [good(`${root} can be worked in`)]
    } catch (error) {
      if (!(error instanceof AitbcError)) throw error
      // Its message is what is wrong, then what to do.
      const at = error.message.lastIndexOf(': ')
      return [failed(error.message.slice(0, at), error.message.slice(at + 2))]
    } finally {
      // Where it could not be made, what stood in the way may be in the way of this too, and is told already.
      await rm(join(root, scope), { recursive: true, force: true }).catch(() => {})
    }
  },
}
