import { Readable } from 'node:stream'
import { expect, it } from 'vitest'
import { FlowLimit } from '../../../src/engine/flow-limit.ts'
import { FakeClock } from '../../support/fake-clock.ts'

it('lets a stream rest when it brings more than its share, until the tenth of a second is over', async () => {
  const clock = new FakeClock()
  const stream = new Readable({ read: () => {} })
  stream.on('data', () => {})
  const limit = new FlowLimit({ stream, clock, perWindow: 10 })
  limit.spend(10)
  expect(stream.isPaused()).toBe(false)
  limit.spend(1)
  expect(stream.isPaused()).toBe(true)
  await clock.advance(99)
  expect(stream.isPaused()).toBe(true)
  await clock.advance(1)
  expect(stream.isPaused()).toBe(false)
  limit.spend(10)
  expect(stream.isPaused()).toBe(false)
})
