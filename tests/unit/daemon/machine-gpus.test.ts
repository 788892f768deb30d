import { describe, expect, it } from 'vitest'
import { MachineGpus } from '../../../src/daemon/machine-gpus.ts'
import type { Gpu, GpuReading } from '../../../src/domain/gpu.ts'
import { GpuMonitor } from '../../../src/hardware/gpu-monitor.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { foundGpu, reading } from '../hardware/sample-gpu.ts'

async function machineWith(
  found: readonly ReturnType<typeof foundGpu>[],
  { accelMode = 'auto', devices = ['all'] }: { accelMode?: 'auto' | 'gpu' | 'cpu'; devices?: readonly string[] } = {},
  read: (gpus: readonly Gpu[]) => Promise<readonly GpuReading[]> = async (gpus) => gpus.map(({ index }) => reading(index)),
) {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const monitor = new GpuMonitor({
    clock,
    logger,
    source: {
      find: async () => ({ gpus: found, problems: [], nvidiaProblem: null }),
      read: async (gpus) => ({ readings: await read(gpus), lost: [], problem: null }),
    },
  })
  await monitor.probe(new AbortController().signal)
  return { machine: new MachineGpus({ monitor, accelMode, devices, clock, logger }), clock, logger }
}

const GOOD = foundGpu({ uuid: 'GPU-good', pciBusId: '0000:01:00.0' })
const SICK = foundGpu({
  uuid: 'GPU-sick',
  pciBusId: '0000:02:00.0',
  isUsable: false,
  problem: { code: 'needs-reset', message: 'the driver asks for a reset: reboot the machine' },
})

describe('the GPUs of a machine', () => {
  it('are those that work and that the settings name', async () => {
    const { machine } = await machineWith([GOOD, SICK])
    expect(machine.usable().map(({ uuid }) => uuid)).toEqual(['GPU-good'])
    expect(machine.offered()).toEqual([expect.objectContaining({ index: 0, uuid: 'GPU-good', backend: 'cuda' })])
    expect((await machineWith([GOOD], { devices: ['none'] })).machine.usable()).toEqual([])
    expect((await machineWith([GOOD], { accelMode: 'cpu' })).machine.usable()).toEqual([])
  })

  it('are shown to the operator with what is wrong', async () => {
    const { machine } = await machineWith([GOOD, SICK])
    expect(machine.statuses()).toMatchObject([
      { index: 0, isUsable: true, problem: null },
      { index: 1, isUsable: false, backend: 'cpu', problem: 'the driver asks for a reset: reboot the machine' },
    ])
  })

  it('are none when GPU_DEVICES names what is not there, which is told once', async () => {
    const { machine, logger } = await machineWith([GOOD], { devices: ['7'] })
    expect(machine.usable()).toEqual([])
    expect(machine.usable()).toEqual([])
    const errors = logger.lines.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.attributes?.['reason']).toContain('"7"')
  })

  it('are missed aloud when ACCEL_MODE is gpu', async () => {
    const { machine, logger } = await machineWith([SICK], { accelMode: 'gpu' })
    machine.report()
    const warning = logger.lines.find(({ message }) => message.includes('ACCEL_MODE is gpu'))
    expect(warning).toMatchObject({ level: 'warn', attributes: { reason: 'the driver asks for a reset: reboot the machine' } })
  })

  it('tell what they are doing, but do not hold up a heartbeat when their driver hangs', async () => {
    const { machine } = await machineWith([GOOD, SICK])
    expect(await machine.readings(new AbortController().signal)).toEqual([reading(0)])
    const hung = await machineWith([GOOD], {}, () => new Promise(() => {}))
    const readings = hung.machine.readings(new AbortController().signal)
    await hung.clock.advance(2_000)
    expect(await readings).toEqual([])
  })
})
