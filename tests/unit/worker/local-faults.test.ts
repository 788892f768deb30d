import { describe, expect, it, onTestFinished } from 'vitest'
import { AitbcError } from '../../../src/domain/errors.ts'
import { LocalFaults } from '../../../src/worker/local-faults.ts'
import type { LocalPart } from '../../../src/worker/local-faults.ts'
import { PollGate } from '../../../src/worker/poll-gate.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'

function setUp() {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const gate = new PollGate([])
  const broken = new Set<LocalPart>()
  const tried: LocalPart[] = []
  let changes = 0
  const probe = (part: LocalPart) => (): void => {
    tried.push(part)
    if (broken.has(part)) throw new AitbcError('AITBC_WORK_DIR', `the ${part} is broken: mend it`)
  }
  const faults = new LocalFaults({
    gate,
    probes: { 'file descriptors': probe('file descriptors'), 'work folder': probe('work folder'), journal: probe('journal') },
    clock,
    logger,
    onChange: () => (changes += 1),
  })
  const stop = new AbortController()
  const running = faults.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await running
  })
  return { clock, logger, gate, broken, tried, faults, changes: () => changes }
}

const ERROR = new AitbcError('AITBC_WORK_DIR', 'the work folder is broken: mend it')

describe('LocalFaults', () => {
  it('shuts the gate while a part does not work, says so once, and tries it every 2 s', async () => {
    const { clock, logger, gate, broken, tried, faults } = setUp()
    broken.add('work folder')
    faults.report('work folder', ERROR)
    faults.report('work folder', ERROR)
    expect(gate.reasons).toEqual(['local_fault'])
    expect(faults.reason).toBe('the work folder is broken: mend it')
    await clock.advance(1_999)
    expect(tried).toEqual([])
    await clock.advance(4_001)
    expect(tried).toEqual(['work folder', 'work folder', 'work folder'])
    expect(gate.reasons).toEqual(['local_fault'])
    expect(logger.lines.map(({ level, attributes }) => [level, attributes['error']])).toEqual([
      ['error', 'the work folder is broken: mend it'],
    ])
  })

  it('opens the gate when the last part works again, says so, and tries no more', async () => {
    const { clock, logger, gate, broken, tried, faults, changes } = setUp()
    broken.add('journal')
    faults.report('work folder', ERROR)
    faults.report('journal', ERROR)
    await clock.advance(2_000)
    expect(gate.reasons).toEqual(['local_fault'])
    broken.delete('journal')
    await clock.advance(2_000)
    expect(gate.reasons).toEqual([])
    expect(faults.reason).toBeNull()
    expect(logger.lines.filter(({ level }) => level === 'info').map(({ attributes }) => attributes['part'])).toEqual([
      'work folder',
      'journal',
    ])
    expect(changes()).toBe(2)
    const triedSoFar = tried.length
    await clock.advance(120_000)
    expect(tried).toHaveLength(triedSoFar)
  })

  it('does not say that a part works while whoever needs it meets the fault again and again', async () => {
    const { clock, logger, gate, faults } = setUp()
    faults.report('journal', ERROR)
    for (let retry = 0; retry < 5; retry += 1) {
      await clock.advance(2_000)
      faults.report('journal', ERROR)
    }
    expect(gate.reasons).toEqual(['local_fault'])
    expect(logger.lines).toHaveLength(1)
    await clock.advance(4_000)
    expect(gate.reasons).toEqual([])
  })

  it('examines a part on demand and reports what it finds', async () => {
    const { gate, broken, faults } = setUp()
    expect(await faults.examine('work folder')).toBe(true)
    expect(gate.reasons).toEqual([])
    broken.add('work folder')
    expect(await faults.examine('work folder')).toBe(false)
    expect(gate.reasons).toEqual(['local_fault'])
  })
})
