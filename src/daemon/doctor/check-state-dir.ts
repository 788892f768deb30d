import type { Check } from './check.ts'
import { probeFolder } from './probe-folder.ts'

/** Whether the journal, the key of this node and fetched models can be kept. */
export const STATE_DIR_CHECK: Check = {
  id: 'state_dir',
  name: 'state folder',
  needs: [],
  limitMs: 5_000,
  run: async ({ config, viewpoint }) => {
    const folders = [
      { key: 'STATE_DIR', path: config.stateDir },
      ...(config.modelDir.startsWith(`${config.stateDir}/`) ? [] : [{ key: 'MODEL_DIR', path: config.modelDir }]),
    ]
    return folders.map((folder) => probeFolder(folder, viewpoint))
  },
}
