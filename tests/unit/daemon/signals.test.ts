import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { StopSignals } from '../../../src/daemon/signals.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp() {
  const process = new EventEmitter()
  const logger = new RecordingLogger()
  const calls: string[] = []
  const miner = { drain: (): void => void calls.push('drain'), cancel: (): void => void calls.push('cancel') }
  const signals = new StopSignals({ process, logger })
  signals.listen()
  const send = (signal: string): void => void process.emit(signal, signal)
  return { process, logger, calls, miner, signals, send }
}

describe('StopSignals', () => {
  it('drains at the first signal and cancels at the second, of either kind', () => {
    const { calls, miner, signals, send } = setUp()
    signals.direct(miner)
    expect(calls).toEqual([])
    send('SIGTERM')
    expect(calls).toEqual(['drain'])
    send('SIGINT')
    expect(calls.at(-1)).toBe('cancel')
  })

  it('keeps a signal that comes before there is a miner', () => {
    const { calls, miner, signals, send } = setUp()
    send('SIGTERM')
    signals.direct(miner)
    expect(calls).toEqual(['drain'])
  })

  it('holds on to the signals when all is put away, and they change nothing any more', () => {
    const { process, logger, calls, miner, signals, send } = setUp()
    signals.direct(miner)
    send('SIGTERM')
    signals.letGo()
    const [before, linesBefore] = [calls.length, logger.lines.length]
    send('SIGTERM')
    expect(process.listenerCount('SIGTERM')).toBe(1)
    expect([calls.length, logger.lines.length]).toEqual([before, linesBefore])
  })
})
