import { accessSync, constants, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'

/** What engines open: render nodes for Vulkan and WebGPU, NVIDIA's own for CUDA and nvidia-smi. */
const FOLDERS = [
  { folder: '/dev/dri', name: /^renderD\d+$/ },
  { folder: '/dev', name: /^nvidia(?:\d+|ctl|-uvm)$/ },
  { folder: '/dev', name: /^kfd$/ },
] as const

/** Whether the devices of the cards may be opened. */
export const DEVICE_CHECK: Check = {
  id: 'devices',
  name: 'GPU devices',
  needs: [],
  limitMs: 5_000,
  run: async ({ config, viewpoint }) => {
    if (config.accelMode === 'cpu') return []
    const paths = FOLDERS.flatMap(({ folder, name }) =>
      namesIn(folder)
        .filter((entry) => name.test(entry))
        .map((entry) => join(folder, entry)),
    )
    const closed = paths.filter((path) => !isOpen(path))
    const open = paths.filter((path) => !closed.includes(path))
    const fault = config.accelMode === 'gpu' && open.length === 0 ? failed : warning
    return [
      ...(open.length === 0 ? [] : [good(`${viewpoint.user} may use ${open.join(', ')}`)]),
      ...closed.map((path): Finding => {
        const group = groupOf(path)
        return fault(
          `${viewpoint.user} may not use ${path}${group === null ? '' : ` (group ${group})`}`,
          group === null || group === 'root'
            ? `see who may: ls -l ${path}; udev's rules for it come with the driver`
            : `usermod -aG ${group} ${viewpoint.user}, then: systemctl restart aitbc-miner`,
        )
      }),
    ]
  },
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted()
  } catch {
    return []
  }
}

function isOpen(path: string): boolean {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** The name of the group that the path belongs to; null when it cannot be told. */
function groupOf(path: string): string | null {
  try {
    const { gid } = statSync(path)
    return new RegExp(`^([^:]+):[^:]*:${gid}:`, 'm').exec(readFileSync('/etc/group', 'utf8'))?.[1] ?? null
  } catch {
    return null
  }
}
