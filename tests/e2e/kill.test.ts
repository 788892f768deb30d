import { describe, expect, it } from 'vitest'
import { CrashPlanner } from '../../scripts/reliability/crash-plan.ts'
import { crashRun } from '../../scripts/reliability/crash-run.ts'
import { SeededRandom } from '../../scripts/reliability/seeded-random.ts'

const SEED = 20_260_101

describe('a miner and a coordinator killed at any moment', () => {
  it('end every job exactly once, pay each once and leave nothing behind', { timeout: 180_000 }, async () => {
    const planner = new CrashPlanner(new SeededRandom(SEED))
    const { audit, kills, problems } = await crashRun(planner.plan(4), 6, new SeededRandom(SEED))
    expect(problems).toEqual([])
    expect(audit).toMatchObject({ proofsLost: 0, proofsDoubled: 0, problems: [] })
    expect(audit.completed).toBeGreaterThan(0)
    expect(kills.miner).toBeGreaterThan(1)
    expect(kills.coordinator).toBeGreaterThan(0)
  })
})
