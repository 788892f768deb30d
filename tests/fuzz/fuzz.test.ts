import { describe, expect, it } from 'vitest'
import { FUZZ_TARGETS } from './targets.ts'

/** The same inputs each time: `npm run fuzz` looks for others. */
const SEED = 20_260_101
const TIMEOUT_MS = 120_000

describe('what strangers write', () => {
  it.each(FUZZ_TARGETS.map((target) => [target.name, target] as const))(
    'does no harm to %s',
    async (_name, target) => {
      const { failure } = await target.fuzz({ seed: SEED, maxRuns: target.runsInTests })
      expect(failure).toBeNull()
    },
    TIMEOUT_MS,
  )
})
