import { EventEmitter } from 'node:events'
import { describe, expect, it } from 'vitest'
import { shieldProcess } from '../../../src/daemon/shield-process.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

class FakeProcess extends EventEmitter {
  readonly report = { excludeEnv: false }
}

function shielded(): { process: FakeProcess; logger: RecordingLogger; exits: number[] } {
  const process = new FakeProcess()
  const logger = new RecordingLogger()
  const exits: number[] = []
  shieldProcess({ process, logger, exit: (code) => exits.push(code) })
  return { process, logger, exits }
}

describe('a shielded process', () => {
  it('logs an error that nobody caught, with its causes, and ends', () => {
    const { process, logger, exits } = shielded()
    process.emit('uncaughtException', new Error('outer', { cause: new Error('inner') }))
    expect(exits).toEqual([1])
    expect(logger.lines).toMatchObject([
      { level: 'error', attributes: { error: expect.stringMatching(/outer[^]*caused by Error: inner/) } },
    ])
  })

  it('lives through SIGUSR1', () => {
    const { process, exits } = shielded()
    expect(process.emit('SIGUSR1')).toBe(true)
    expect(exits).toEqual([])
  })

  it('has no environment in its diagnostic reports', () => {
    expect(shielded().process.report.excludeEnv).toBe(true)
  })
})
