import type { Gpu } from '../../domain/gpu.ts'
import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'
import type { Finding } from './finding.ts'

const DRIVERS = 'look after its driver'

/** Which cards there are, and what is wrong with each. */
export const GPU_CHECK: Check = {
  id: 'gpu',
  name: 'GPU',
  needs: [],
  limitMs: 45_000,
  run: async ({ config: { accelMode }, machine }, signal) => {
    if (accelMode === 'cpu') return [good('not looked for: ACCEL_MODE is cpu')]
    const { selected, selectionProblem, problems } = await machine.look(signal)
    const isWanted = accelMode === 'gpu'
    const fault = isWanted && !selected.some(({ isUsable }) => isUsable) ? failed : warning
    if (selectionProblem !== null) return [failed(selectionProblem, 'set GPU_DEVICES')]
    const told = new Set(selected.map(({ problem }) => problem?.message))
    const general = problems.filter(({ message }) => !told.has(message)).map(({ message }) => fromMessage(message, fault))
    const cards = selected.map((gpu) => ofCard(gpu, fault))
    if (cards.length > 0 || general.length > 0) return [...general, ...cards]
    if (!isWanted) return [good('none found: jobs run on the processor')]
    return [
      failed(
        'none found, and ACCEL_MODE is gpu: jobs run on the processor',
        `put one in and install its driver, or set ACCEL_MODE="auto"`,
      ),
    ]
  },
}

function ofCard(gpu: Gpu, fault: typeof failed): Finding {
  const memory = gpu.vramMb === null ? null : `${gpu.vramMb} MiB`
  const facts = [gpu.name, memory, gpu.driver === null ? null : `driver ${gpu.driver}`, gpu.pciBusId]
  const subject = `GPU ${gpu.index}`
  const what = facts.filter((fact) => fact !== null).join(', ')
  if (gpu.problem === null) return good(what, subject)
  const { found, remedy } = fromMessage(gpu.problem.message, fault)
  return (gpu.isUsable ? warning : fault)(`${what}: ${found}`, remedy ?? '', subject)
}

/** A problem's message is what is wrong, then what to do, parted by a colon. */
function fromMessage(message: string, fault: typeof failed): Finding {
  const at = message.search(/[:;] /)
  return at < 0 ? fault(message, DRIVERS) : fault(message.slice(0, at), message.slice(at + 2))
}
