import { describe, expect, it, onTestFinished } from 'vitest'
import { watchFiles } from '../../../src/daemon/watch-files.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const lost: string[] = []
  const files = ['lock', 'journal'].map((name) => ({ path: `/state/${name}`, isUnchanged: (): boolean => true }))
  const missing = new Set<string>()
  for (const file of files) file.isUnchanged = (): boolean => !missing.has(file.path)
  const stop = watchFiles({ stateDir: '/state', files, clock, onLost: (error) => lost.push(`${error.code} ${error.message}`) })
  onTestFinished(stop)
  return { clock, lost, missing, stop }
}

describe('watchFiles', () => {
  it('says within seconds, and once, which file is gone and what to do', async () => {
    const { clock, lost, missing } = setUp()
    await clock.advance(60_000)
    expect(lost).toEqual([])
    missing.add('/state/journal')
    await clock.advance(60_000)
    expect(lost).toHaveLength(1)
    expect(lost[0]).toMatch(/^AITBC_JOURNAL_WRITE \/state\/journal was removed or replaced .* put the state folder \/state back/)
  })

  it('ends when told to', async () => {
    const { clock, lost, missing, stop } = setUp()
    stop()
    await clock.advance(1)
    expect(clock.sleeperCount).toBe(0)
    missing.add('/state/lock')
    await clock.advance(60_000)
    expect(lost).toEqual([])
  })
})
