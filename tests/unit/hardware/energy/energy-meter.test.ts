import { describe, expect, it } from 'vitest'
import type { Gpu } from '../../../../src/domain/gpu.ts'
import { EnergyMeter } from '../../../../src/hardware/energy/energy-meter.ts'
import type { GpuSample } from '../../../../src/hardware/gpu-monitor.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { gpu, reading } from '../sample-gpu.ts'

class FakeGpus {
  watchers = 0
  readonly #listeners = new Set<(sample: GpuSample) => void>()

  readonly gpus: readonly Gpu[]

  constructor(gpus: readonly Gpu[]) {
    this.gpus = gpus
  }

  get listenerCount(): number {
    return this.#listeners.size
  }

  watch(): () => void {
    this.watchers += 1
    return () => {
      this.watchers -= 1
    }
  }

  onSample(listener: (sample: GpuSample) => void): () => void {
    this.#listeners.add(listener)
    return () => {
      this.#listeners.delete(listener)
    }
  }

  tell(sample: GpuSample): void {
    for (const listener of this.#listeners) listener(sample)
  }
}

function setUp(gpus: readonly Gpu[] = [gpu(0), gpu(1)]) {
  const clock = new FakeClock()
  const watched = new FakeGpus(gpus)
  const counter = { joules: 0 as number | null, advance: (): number | null => counter.joules }
  const meter = new EnergyMeter({ gpus: watched, cpu: counter, clock })
  const stopping = new AbortController()
  const running = meter.run(stopping.signal)
  const tell = (...powers: readonly (number | null)[]): void => {
    watched.tell({ atMs: clock.monotonicMs(), readings: powers.map((powerW, index) => reading(index, { powerW })) })
  }
  return { clock, watched, counter, meter, tell, stop: () => (stopping.abort(), running) }
}

describe('EnergyMeter', () => {
  it('adds up the boards of a run, and has them watched meanwhile', async () => {
    const { clock, meter, tell, watched } = setUp()
    const run = meter.start({ gpuIndices: [0, 1], withCpu: false })
    expect(watched.watchers).toBe(1)
    tell(100, 50)
    await clock.advance(1000)
    tell(100, 50)
    expect(run.stop()).toBe(150)
    expect(watched.watchers).toBe(0)
  })

  it('gives the same at a second stop', async () => {
    const { clock, meter, tell, watched } = setUp()
    const run = meter.start({ gpuIndices: [0], withCpu: false })
    tell(100)
    await clock.advance(1000)
    tell(100)
    const joules = run.stop()
    await clock.advance(1000)
    expect(run.stop()).toBe(joules)
    expect(watched.watchers).toBe(0)
  })

  it('tells nothing when one of the boards is not read', async () => {
    const { clock, meter, tell } = setUp()
    const run = meter.start({ gpuIndices: [0, 1], withCpu: false })
    tell(100, null)
    await clock.advance(1000)
    tell(100)
    expect(run.stop()).toBeNull()
  })

  it('divides a board among runs on its MIG devices', async () => {
    const { clock, meter, tell } = setUp([gpu(0), gpu(1, { parentIndex: 0 }), gpu(2, { parentIndex: 0 })])
    const runs = [1, 2].map((index) => meter.start({ gpuIndices: [index], withCpu: false }))
    tell(300, null, null)
    await clock.advance(2000)
    tell(300, null, null)
    expect(runs.map((run) => run.stop())).toEqual([300, 300])
  })

  it('divides the processors among the runs on them', () => {
    const { counter, meter } = setUp()
    const first = meter.start({ gpuIndices: [], withCpu: true })
    counter.joules = 10
    const second = meter.start({ gpuIndices: [], withCpu: true })
    counter.joules = 6
    expect(first.stop()).toBe(13)
    counter.joules = 4
    expect(second.stop()).toBe(7)
  })

  it('tells nothing of processors that cannot be read, and of a run without a device', () => {
    const { counter, meter } = setUp()
    counter.joules = null
    expect(meter.start({ gpuIndices: [], withCpu: true }).stop()).toBeNull()
    expect(meter.start({ gpuIndices: [], withCpu: false }).stop()).toBeNull()
  })

  it('settles the processors now and then, before their counters wrap around', async () => {
    const { clock, counter, meter } = setUp()
    const run = meter.start({ gpuIndices: [], withCpu: true })
    counter.joules = 1
    await clock.advance(120_000)
    counter.joules = 0
    expect(run.stop()).toBe(4)
  })

  it('lets go of everything when it is stopped', async () => {
    const { clock, watched, stop } = setUp()
    await stop()
    expect(watched.listenerCount).toBe(0)
    expect(clock.sleeperCount).toBe(0)
  })
})
