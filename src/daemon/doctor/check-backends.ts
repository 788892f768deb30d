import type { MinerConfig } from '../../config/miner-config.ts'
import type { Gpu } from '../../domain/gpu.ts'
import type { EngineBackend } from '../../engine/child/engine-settings.ts'
import { backendsFor, visibilityOf } from '../../engine/engine-device.ts'
import { WORKLOADS } from '../../workloads/workload-table.ts'
import type { EngineKind } from '../../workloads/workload-table.ts'
import type { Check, DoctorContext } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'
import { tryBackend } from './try-backend.ts'
import type { BackendTrial } from './try-backend.ts'

const KINDS: readonly { readonly kind: EngineKind; readonly library: string }[] = [
  { kind: 'llama', library: 'llama.cpp' },
  { kind: 'onnx', library: 'ONNX Runtime' },
]

/** Which builds of the inference libraries that the offered workloads need load, on the processor and on each card that engines can be placed on. */
export const BACKEND_CHECK: Check = {
  id: 'backends',
  name: 'back ends',
  needs: [],
  limitMs: 180_000,
  run: async (context, signal) => {
    const { machine } = await context.machine.look(signal)
    const cards = machine.usable()
    const findings: Finding[] = []
    for (const { kind, library } of KINDS.filter((one) => isNeeded(one.kind, context.config))) {
      for (const gpu of [null, ...cards]) {
        const trials: BackendTrial[] = []
        for (const backend of backendsFor(kind, gpu, cards.length).filter((name) => gpu === null || name !== 'cpu')) {
          trials.push(await tryBackend({ kind, backend, visibility: visibilityOf(gpu) }, context, signal))
        }
        findings.push(judge(trials, gpu, kind, `${library}, ${gpu === null ? 'CPU' : `GPU ${gpu.index}`}`, context))
      }
    }
    return findings
  },
}

/** A language-model server of the operator's takes the place of llama.cpp. */
function isNeeded(kind: EngineKind, { workloads, llmBackend }: MinerConfig): boolean {
  const offered = [...WORKLOADS].filter(([name]) => workloads === null || workloads.includes(name))
  return offered.some(([name, { engine }]) => engine === kind && !(name === 'llm_gen' && llmBackend === 'http'))
}

/** The best one that loads counts. A better one that does not is worth a word where it could be had. */
function judge(
  trials: readonly BackendTrial[],
  gpu: Gpu | null,
  kind: EngineKind,
  subject: string,
  { config }: DoctorContext,
): Finding {
  const best = trials.find(({ failure }) => failure === null)
  const why = trials.flatMap(({ backend, failure }) => (failure === null ? [] : [`${backend} does not: ${failure}`])).join('; ')
  if (best === undefined) {
    if (gpu === null)
      return failed(`does not load: ${why}`, 'install the package again: apt install --reinstall aitbc-miner', subject)
    const fault = config.accelMode === 'gpu' ? failed : warning
    return fault(`no back end loads, so its jobs run on the processor: ${why}`, adviceFor(gpu, trials), subject)
  }
  const what = `${best.backend} loads (${best.version})`
  const missesCuda = kind === 'llama' && best.backend !== 'cuda' && trials.some(({ backend }) => backend === 'cuda')
  if (missesCuda) return warning(`${what}; ${why}`, 'for more speed: apt install aitbc-miner-cuda', subject)
  return good(what, subject)
}

function adviceFor(gpu: Gpu, trials: readonly BackendTrial[]): string {
  const tried = new Set<EngineBackend>(trials.map(({ backend }) => backend))
  if (tried.has('vulkan') || tried.has('webgpu')) {
    return gpu.vendor === 'nvidia'
      ? "apt install libvulkan1 and NVIDIA's Vulkan driver (nvidia-vulkan-icd), or aitbc-miner-cuda"
      : 'apt install libvulkan1 mesa-vulkan-drivers vulkan-tools, then look at: vulkaninfo --summary'
  }
  return 'apt install aitbc-miner-cuda'
}
