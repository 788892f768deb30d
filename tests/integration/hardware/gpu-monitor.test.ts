import { describe, expect, it, onTestFinished } from 'vitest'
import { EnergyMeter } from '../../../src/hardware/energy/energy-meter.ts'
import { GpuInspector } from '../../../src/hardware/gpu-inspector.ts'
import { GpuMonitor } from '../../../src/hardware/gpu-monitor.ts'
import { SystemClock } from '../../../src/platform/system-clock.ts'
import { eventually } from '../../support/eventually.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { FakeTools, fakeSysfs } from './fake-tools.ts'

function setUp(recording: string) {
  const tools = new FakeTools().playNvidia(recording)
  const clock = new SystemClock()
  const logger = new RecordingLogger()
  const source = new GpuInspector({ environment: tools.environment, sysfsRoot: fakeSysfs({}) })
  const monitor = new GpuMonitor({ source, clock, logger, sampleMs: 20, probeMs: 200 })
  const meter = new EnergyMeter({ gpus: monitor, cpu: { advance: () => null }, clock })
  const stopping = new AbortController()
  const running = [monitor.run(stopping.signal), meter.run(stopping.signal)]
  onTestFinished(async () => {
    stopping.abort()
    await Promise.all(running)
  })
  return { tools, monitor, meter, logger }
}

describe('GpuMonitor with EnergyMeter', () => {
  it("measures a run's energy from what nvidia-smi says", async () => {
    const { monitor, meter } = setUp('two-cards')
    const samples: number[] = []
    monitor.onSample(({ atMs }) => samples.push(atMs))
    await eventually('the cards are found', () => monitor.gpus.length === 2)
    const startedAtMs = performance.now()
    const run = meter.start({ gpuIndices: [1], withCpu: false })
    await eventually('the power was read some times', () => samples.length >= 4)
    const joules = run.stop() ?? Number.NaN
    const elapsedS = (performance.now() - startedAtMs) / 1000
    // The card draws 30 W all the time.
    expect(joules).toBeGreaterThan(0)
    expect(joules).toBeLessThanOrEqual(30 * elapsedS)
  })

  it('tells no energy of a run whose card fell off the bus, and says which card it was', async () => {
    const { tools, monitor, meter, logger } = setUp('two-cards')
    const samples: number[] = []
    monitor.onSample(({ atMs }) => samples.push(atMs))
    await eventually('the cards are found', () => monitor.gpus.length === 2)
    const runs = [0, 1].map((index) => meter.start({ gpuIndices: [index], withCpu: false }))
    await eventually('the power was read some times', () => samples.length >= 4)
    tools.playNvidia('lost-card')
    await eventually('the card is known to be lost', () => monitor.gpus[1]?.problem?.code === 'lost')
    const known = samples.length
    await eventually('the power was asked for once more', () => samples.length > known + 1)
    const joules = runs.map((run) => run.stop())
    expect(joules).toEqual([expect.any(Number), null])
    expect(logger.lines.filter(({ level }) => level === 'error').map(({ attributes }) => attributes['name'])).toEqual([
      'NVIDIA GeForce RTX 3060',
    ])
  })
})
