import { statfsSync } from 'node:fs'
import type { MinerConfig } from '../../config/miner-config.ts'
import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'
import { nearestFolder } from './probe-folder.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30

interface Need {
  readonly key: string
  readonly path: string
  /** Below that nothing works. */
  readonly leastBytes: number
  /** Below that something will not. */
  readonly comfortBytes: number
  readonly remedy: string
}

/** Whether there is room for the journal, for jobs and for models. */
export const DISK_CHECK: Check = {
  id: 'disk',
  name: 'disk',
  needs: [],
  limitMs: 5_000,
  run: async ({ config }) => needsOf(config).map(judge),
}

function needsOf(config: MinerConfig): readonly Need[] {
  const { maxOutputBytes, maxInputBytes, maxConcurrency, modelQuotaBytes } = config
  const quota =
    modelQuotaBytes === null ? 'there is no MODEL_QUOTA_GB' : `MODEL_QUOTA_GB is ${(modelQuotaBytes / GIB).toFixed(0)}`
  return [
    {
      key: 'STATE_DIR',
      path: config.stateDir,
      leastBytes: 64 * MIB,
      comfortBytes: 512 * MIB,
      remedy: 'make room, or set STATE_DIR to a larger disk',
    },
    {
      key: 'WORK_DIR',
      path: config.workDir,
      leastBytes: 64 * MIB,
      comfortBytes: maxConcurrency * (maxOutputBytes + maxInputBytes),
      remedy: 'make room, set WORK_DIR to a larger disk, or lower MAX_INPUT_MB and MAX_OUTPUT_MB',
    },
    {
      key: 'MODEL_DIR',
      path: config.modelDir,
      leastBytes: 0,
      comfortBytes: Math.min(10 * GIB, modelQuotaBytes ?? Infinity),
      remedy: `${quota}: set it to what there is room for, or MODEL_DIR to a larger disk`,
    },
  ]
}

function judge({ key: name, path, leastBytes, comfortBytes, remedy }: Need): Finding {
  const key = `disk, ${name}`
  const { bavail, bsize, files, ffree } = statfsSync(nearestFolder(path))
  const free = bavail * bsize
  const what = `${shown(free)} free for ${path}`
  // Some file systems, such as btrfs, count no inodes.
  if (files > 0 && ffree === 0) return failed(`${what}, but no inodes`, 'remove some of the many small files on that disk', key)
  if (free < leastBytes) return failed(what, remedy, key)
  return free < comfortBytes ? warning(`${what}, ${shown(comfortBytes)} would be better`, remedy, key) : good(what, key)
}

function shown(bytes: number): string {
  return bytes < GIB ? `${Math.floor(bytes / MIB)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`
}
