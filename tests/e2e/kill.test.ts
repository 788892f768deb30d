import { describe, expect, it } from 'vitest'
import type { Strike } from '../../scripts/reliability/crash-plan.ts'
import { crashRun } from '../../scripts/reliability/crash-run.ts'
import { SeededRandom } from '../../scripts/reliability/seeded-random.ts'

const SEED = 20_260_101
const AT_ONCE = { nth: 1, deadMs: 0, other: 'lives' } as const

/** A few of what `npm run test:crash` does by the hundred: between payment and receipt on either side, and both at a moment. */
const STRIKES: readonly Strike[] = [
  { kind: 'point', target: 'miner', point: 'deliver:answered', ...AT_ONCE },
  { kind: 'point', target: 'coordinator', point: 'proof:after-commit', ...AT_ONCE },
  { kind: 'moment', target: 'both', afterMs: 300, deadMs: 0 },
]

describe('a miner and a coordinator that are killed', () => {
  it('end every job exactly once, pay each once and leave nothing behind', { timeout: 300_000 }, async () => {
    const { audit, kills, points, problems } = await crashRun({
      strikes: STRIKES,
      minJobs: 8,
      random: new SeededRandom(SEED),
      patienceMs: 60_000,
    })
    expect(problems).toEqual([])
    expect(audit).toMatchObject({ proofsLost: 0, proofsDoubled: 0, problems: [] })
    expect(audit.completed).toBeGreaterThan(0)
    expect(points).toEqual(['miner deliver:answered', 'coordinator proof:after-commit'])
    expect(kills).toMatchObject({ miner: 3, coordinator: 3 })
  })
})
