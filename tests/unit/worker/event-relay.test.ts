import { describe, expect, it } from 'vitest'
import type { JobEvent } from '../../../src/domain/coordinator.ts'
import { EventRelay, MAX_EVENT_REQUESTS } from '../../../src/worker/event-relay.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { failing, FakeCoordinator } from '../../support/fake-coordinator.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp() {
  const clock = new FakeClock()
  const coordinator = new FakeCoordinator()
  const batches: (readonly JobEvent[])[] = []
  coordinator.onEvents = async (_jobId: string, events: readonly JobEvent[]) => {
    batches.push(events)
  }
  const relay = new EventRelay({ coordinator, clock, logger: new RecordingLogger() })
  const token = (data: string): void => relay.push('job', { type: 'token', data })
  return { clock, coordinator, batches, relay, token }
}

function textOf(batches: readonly (readonly JobEvent[])[]): string {
  return batches
    .flat()
    .map(({ progress }) => (progress.type === 'token' ? progress.data : ''))
    .join('')
}

describe('EventRelay', () => {
  it('sends the first token at once and the next ones together, in order', async () => {
    const { clock, batches, token } = setUp()
    token('a')
    await clock.advance(0)
    expect(textOf(batches)).toBe('a')
    for (const piece of ['b', 'c', 'd']) token(piece)
    await clock.advance(50)
    expect(batches).toHaveLength(1)
    await clock.advance(50)
    expect(batches).toHaveLength(2)
    expect(textOf(batches)).toBe('abcd')
  })

  it('keeps a bounded text for a coordinator that takes none', async () => {
    const { clock, coordinator, batches, token } = setUp()
    const taken = Promise.withResolvers<unknown>()
    coordinator.onEvents = () => taken.promise
    token('a')
    await clock.advance(0)
    for (let at = 0; at < 100; at += 1) token('x'.repeat(100_000))
    coordinator.onEvents = async (_jobId, events) => batches.push(events)
    taken.resolve(null)
    await clock.advance(1000)
    expect(textOf(batches).length).toBeGreaterThan(1_000_000)
    expect(textOf(batches).length).toBeLessThanOrEqual(4_000_000)
  })

  it('numbers the events of a job from 1 without a gap', async () => {
    const { clock, batches, relay, token } = setUp()
    token('a')
    await clock.advance(100)
    relay.push('job', { type: 'progress', data: { done: 1, total: 2 } })
    relay.push('job', { type: 'progress', data: { done: 2, total: 2 } })
    relay.push('job', { type: 'log', data: 'l' })
    await clock.advance(100)
    expect(batches.flat().map((event) => event.seq)).toEqual([1, 2, 3])
    expect(batches.flat()[1]?.progress).toEqual({ type: 'progress', data: { done: 2, total: 2 } })
  })

  it('sends what is left when the job ends', async () => {
    const { clock, batches, relay, token } = setUp()
    token('a')
    await clock.advance(0)
    token('b')
    await relay.finish('job', 1_000)
    expect(textOf(batches)).toBe('ab')
    await clock.advance(1_000)
    expect(batches).toHaveLength(2)
  })

  it('does not let a coordinator that never answers hold up the end of a job', async () => {
    const { clock, coordinator, relay, token } = setUp()
    coordinator.onEvents = (_id: string, _events: readonly JobEvent[], signal: AbortSignal) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(failing('unreachable'))))
    token('a')
    await clock.advance(0)
    token('b')
    await expect(relay.finish('job', 20)).resolves.toBeUndefined()
  })

  it('keeps a bounded number of events for a coordinator that is slow to take them', async () => {
    const { clock, coordinator, relay } = setUp()
    const sent: number[] = []
    const { promise, resolve } = Promise.withResolvers<void>()
    coordinator.onEvents = (_id: string, events: readonly JobEvent[]) => {
      sent.push(events.length)
      return promise
    }
    relay.push('job', { type: 'log', data: 'first' })
    await clock.advance(0)
    for (let line = 0; line < 5_000; line += 1) relay.push('job', { type: 'log', data: `line ${line}` })
    resolve()
    await clock.advance(1_000)
    expect(sent).toEqual([1, 500])
  })

  it('keeps few requests under way, however many jobs tell something', async () => {
    const { clock, coordinator, relay } = setUp()
    const answers: (() => void)[] = []
    coordinator.onEvents = () => new Promise((resolve) => answers.push(() => resolve(null)))
    for (let job = 0; job < 20; job += 1) relay.push(`job-${job}`, { type: 'token', data: 'a' })
    await clock.advance(0)
    expect(answers).toHaveLength(MAX_EVENT_REQUESTS)
    answers[0]?.()
    await clock.advance(0)
    expect(answers).toHaveLength(MAX_EVENT_REQUESTS + 1)
  })

  it('leaves an endpoint that fails alone for longer and longer, and lets no job wait for it meanwhile', async () => {
    const { clock, coordinator, relay, token } = setUp()
    let requests = 0
    coordinator.onEvents = async () => {
      requests += 1
      throw failing('unreachable')
    }
    token('a')
    await clock.advance(0)
    expect(requests).toBe(1)
    token('b')
    await clock.advance(900)
    relay.push('other', { type: 'token', data: 'a' })
    await relay.finish('other', 2_000)
    expect(requests).toBe(1)
    await clock.advance(100)
    expect(requests).toBe(2)
    token('c')
    await clock.advance(1_900)
    expect(requests).toBe(2)
    await clock.advance(100)
    expect(requests).toBe(3)
  })

  it('goes on at once when the endpoint works again', async () => {
    const { clock, coordinator, batches, token } = setUp()
    const works = coordinator.onEvents
    coordinator.onEvents = async () => {
      throw failing('overloaded')
    }
    token('a')
    await clock.advance(0)
    coordinator.onEvents = works
    token('b')
    await clock.advance(1_000)
    token('c')
    await clock.advance(100)
    expect(textOf(batches)).toBe('bc')
  })
})
