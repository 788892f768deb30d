import { describe, expect, it } from 'vitest'
import { watchAnswers } from '../../../src/engine/watch-answers.ts'
import { FakeClock } from '../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const stop = new AbortController()
  let heard = 0
  let answers = true
  let silences = 0
  const ask = (): void => {
    if (answers) heard += 1
  }
  const watching = watchAnswers({ clock, limitMs: 4000, ask, heard: () => heard, onSilence: () => (silences += 1) }, stop.signal)
  return {
    clock,
    stop,
    watching,
    fallSilent: (): void => void (answers = false),
    silences: (): number => silences,
  }
}

describe('watchAnswers', () => {
  it('is content with a child that answers, and tells once of one that has stopped to', async () => {
    const { clock, watching, fallSilent, silences } = setUp()
    for (let second = 0; second < 20; second += 1) await clock.advance(1000)
    expect(silences()).toBe(0)
    fallSilent()
    for (let second = 0; second < 4; second += 1) await clock.advance(1000)
    expect(silences()).toBe(0)
    for (let second = 0; second < 2; second += 1) await clock.advance(1000)
    await watching
    expect(silences()).toBe(1)
  })

  it('says nothing when it is ended', async () => {
    const { clock, stop, watching, fallSilent, silences } = setUp()
    fallSilent()
    await clock.advance(1000)
    stop.abort()
    await watching
    expect(silences()).toBe(0)
  })
})
