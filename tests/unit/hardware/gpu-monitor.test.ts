import { describe, expect, it, onTestFinished } from 'vitest'
import type { Gpu, GpuProblem } from '../../../src/domain/gpu.ts'
import type { FoundGpu, FoundGpus } from '../../../src/hardware/found-gpu.ts'
import type { GpuReadings, GpuSource } from '../../../src/hardware/gpu-inspector.ts'
import { GpuMonitor } from '../../../src/hardware/gpu-monitor.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { foundGpu, reading } from './sample-gpu.ts'

const TIMEOUT: GpuProblem = { code: 'timeout', message: 'nvidia-smi did not answer' }
const MISMATCH: GpuProblem = { code: 'driver-mismatch', message: 'reboot' }
const SECOND = foundGpu({ pciBusId: '0000:02:00.0', uuid: 'GPU-2', name: 'NVIDIA B' })
const NEVER = new AbortController().signal

class FakeSource implements GpuSource {
  gpus: readonly FoundGpu[] = [foundGpu()]
  problem: GpuProblem | null = null
  lost: readonly number[] = []
  finds = 0
  reads = 0
  readTakesMs = 0
  readonly #clock: FakeClock

  constructor(clock: FakeClock) {
    this.#clock = clock
  }

  find(): Promise<FoundGpus> {
    this.finds += 1
    const problems = this.problem === null ? [] : [this.problem]
    return Promise.resolve({ gpus: this.gpus, problems, nvidiaProblem: this.problem })
  }

  async read(gpus: readonly Gpu[], signal: AbortSignal): Promise<GpuReadings> {
    this.reads += 1
    if (this.readTakesMs > 0) await this.#clock.sleep(this.readTakesMs, signal)
    return { readings: gpus.map(({ index }) => reading(index)), lost: this.lost, problem: this.problem }
  }
}

function setUp() {
  const clock = new FakeClock()
  const source = new FakeSource(clock)
  const logger = new RecordingLogger()
  const monitor = new GpuMonitor({ source, clock, logger, sampleMs: 500, probeMs: 60_000 })
  const changes: string[] = []
  monitor.onChange(({ kind, gpu }) => changes.push(`${gpu.index} ${kind} ${gpu.problem?.code ?? 'well'}`))
  const run = (): AbortController => {
    const stopping = new AbortController()
    const running = monitor.run(stopping.signal)
    onTestFinished(async () => {
      stopping.abort()
      await running
      expect(clock.sleeperCount).toBe(0)
    })
    return stopping
  }
  return { clock, source, logger, monitor, changes, run }
}

describe('GpuMonitor', () => {
  it('reads nothing while nobody needs it, and looks for cards once a minute', async () => {
    const { clock, source, run } = setUp()
    run()
    await clock.advance(150_000)
    expect([source.finds, source.reads]).toEqual([3, 0])
  })

  it('reads at once and then twice a second while someone watches, once for all', async () => {
    const { clock, source, monitor, run } = setUp()
    run()
    await clock.advance(10_100)
    const stops = [monitor.watch(), monitor.watch()]
    await clock.advance(0)
    expect(source.reads).toBe(1)
    await clock.advance(2000)
    expect(source.reads).toBe(5)
    for (const stop of stops) stop()
    stops[0]?.()
    await clock.advance(10_000)
    expect(source.reads).toBe(5)
  })

  it('leaves a slow driver four fifths of the time in peace', async () => {
    const { clock, source, monitor, run } = setUp()
    source.readTakesMs = 1000
    monitor.watch()
    run()
    await clock.advance(49_000)
    expect(source.reads).toBe(10)
  })

  it('gives all who ask at a time one reading, and a fresh one again', async () => {
    const { clock, source, monitor } = setUp()
    await monitor.probe(NEVER)
    const [first, second] = await Promise.all([monitor.read(NEVER), monitor.read(NEVER)])
    expect(first).toBe(second)
    expect(await monitor.read(NEVER)).toBe(first)
    await clock.advance(5000)
    expect((await monitor.read(NEVER)).atMs).toBe(5000)
    expect(source.reads).toBe(2)
  })

  it('notices a card that comes up after the daemon', async () => {
    const { clock, source, monitor, changes, run, logger } = setUp()
    source.gpus = []
    run()
    await clock.advance(1000)
    expect(monitor.gpus).toEqual([])
    source.gpus = [foundGpu()]
    await clock.advance(60_000)
    expect(changes).toEqual(['0 appeared well'])
    expect(logger.messages('info')).toEqual(['GPU found'])
  })

  it('notices soon that a card fell off the bus, and keeps the numbers of all', async () => {
    const { clock, source, monitor, changes, run, logger } = setUp()
    source.gpus = [foundGpu(), SECOND]
    monitor.watch()
    run()
    await clock.advance(10_000)
    source.gpus = [SECOND]
    source.lost = [0]
    await clock.advance(5_000)
    expect(changes).toEqual(['0 lost lost'])
    expect(monitor.gpus.map(({ index, name, isUsable }) => [index, name, isUsable])).toEqual([
      [0, 'NVIDIA A', false],
      [1, 'NVIDIA B', true],
    ])
    expect(logger.messages('error')).toEqual(['GPU cannot be used any more'])
    source.gpus = [foundGpu(), SECOND]
    source.lost = []
    await clock.advance(60_000)
    expect(changes).toEqual(['0 lost lost', '0 recovered well'])
  })

  it('does not believe one failure of nvidia-smi, but two', async () => {
    const { clock, source, monitor, changes, run, logger } = setUp()
    run()
    await clock.advance(59_000)
    source.problem = TIMEOUT
    source.gpus = []
    await clock.advance(2_000)
    expect(monitor.gpus[0]?.isUsable).toBe(true)
    expect(logger.messages('warn')).toEqual(['GPUs could not be looked at, asking again'])
    await clock.advance(5_000)
    expect(changes).toEqual(['0 lost timeout'])
    source.problem = null
    source.gpus = [foundGpu()]
    await clock.advance(60_000)
    expect(changes).toEqual(['0 lost timeout', '0 recovered well'])
  })

  it('believes a driver mismatch at once', async () => {
    const { clock, source, changes, run, monitor } = setUp()
    run()
    await clock.advance(59_000)
    source.problem = MISMATCH
    source.gpus = [foundGpu({ isUsable: false, hasCuda: false, problem: MISMATCH })]
    await clock.advance(2_000)
    expect(changes).toEqual(['0 lost driver-mismatch'])
    expect(monitor.problems).toEqual([MISMATCH])
  })

  it('does not ask without pause while the driver gives no readings', async () => {
    const { clock, source, monitor, run } = setUp()
    await monitor.probe(NEVER)
    monitor.watch()
    run()
    source.problem = TIMEOUT
    await clock.advance(10_000)
    expect(source.reads).toBeLessThanOrEqual(21)
    expect(source.finds).toBeLessThanOrEqual(4)
  })

  it('says what is wrong once', async () => {
    const { clock, source, run, logger } = setUp()
    source.problem = MISMATCH
    source.gpus = [foundGpu({ isUsable: false, problem: MISMATCH })]
    run()
    await clock.advance(200_000)
    expect(logger.messages('warn')).toEqual(['GPUs cannot be looked at', 'GPU cannot be used'])
  })

  it('goes on when a listener throws', async () => {
    const { clock, source, monitor, run, logger } = setUp()
    monitor.onSample(() => {
      throw new Error('boom')
    })
    monitor.watch()
    run()
    await clock.advance(1100)
    expect(source.reads).toBe(3)
    expect(logger.messages('error')).toContain('listener to GPU news failed')
  })

  it('ends at once when it is stopped, also in the middle of a reading', async () => {
    const { clock, source, monitor, run } = setUp()
    source.readTakesMs = 5000
    monitor.watch()
    const stopping = run()
    await clock.advance(100)
    stopping.abort()
    await clock.advance(0)
    expect(clock.sleeperCount).toBe(0)
  })
})
