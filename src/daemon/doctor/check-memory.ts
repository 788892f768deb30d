import { freeRamMb } from '../../hardware/free-memory.ts'
import { probeHardware } from '../../hardware/probe-hardware.ts'
import type { Check } from './check.ts'
import { failed, good, warning } from './finding.ts'

/** An engine with the smallest model takes a third of that. */
const LEAST_MB = 384
/** Below that common small language models do not fit. */
const COMFORT_MB = 2048

/** Whether there is memory for engines and models. */
export const MEMORY_CHECK: Check = {
  id: 'memory',
  name: 'memory',
  needs: [],
  limitMs: 2_000,
  run: async ({ config }) => {
    const { ramMb, cpu } = probeHardware()
    const freeMb = Math.min(freeRamMb(), config.maxRamMb ?? Infinity)
    const limit = config.maxRamMb === null ? '' : `, MAX_RAM_MB is ${config.maxRamMb}`
    const what = `${freeMb} MiB of ${ramMb} MiB free${limit}; ${cpu.cores} cores, ${cpu.model}`
    const remedy = 'end other programs, or add memory; WORKLOADS can leave out what does not fit'
    if (freeMb < LEAST_MB) return [failed(what, remedy)]
    return [freeMb < COMFORT_MB ? warning(`${what}: enough for small models only`, remedy) : good(what)]
  },
}
