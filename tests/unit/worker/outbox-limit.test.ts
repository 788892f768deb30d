import { describe, expect, it } from 'vitest'
import { OutboxLimit } from '../../../src/worker/outbox-limit.ts'
import { PollGate } from '../../../src/worker/poll-gate.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp(slots: number) {
  const gate = new PollGate([])
  const logger = new RecordingLogger()
  let outbox = 0
  const limit = new OutboxLimit({
    journal: { counts: () => ({ accepted: 0, running: 0, settled: 0, outbox }) },
    gate,
    slots,
    logger,
  })
  const isOpenAt = (waiting: number): boolean => {
    outbox = waiting
    limit.check()
    return gate.isOpen
  }
  return { isOpenAt, logger }
}

describe('the limit of the outbox', () => {
  it('shuts the gate before a heartbeat could not list all, and opens it when half have gone', () => {
    const { isOpenAt, logger } = setUp(6)
    expect([249, 250, 251, 200, 126, 125, 249].map(isOpenAt)).toEqual([true, false, false, false, false, true, true])
    expect(logger.lines.map(({ level }) => level)).toEqual(['warn', 'info'])
  })

  it('lets all jobs of a miner with very many slots end together', () => {
    const { isOpenAt } = setUp(1_000)
    expect([999, 1_000].map(isOpenAt)).toEqual([true, false])
  })
})
