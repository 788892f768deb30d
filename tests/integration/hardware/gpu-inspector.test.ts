import { describe, expect, it } from 'vitest'
import type { Gpu } from '../../../src/domain/gpu.ts'
import { GpuInspector } from '../../../src/hardware/gpu-inspector.ts'
import type { FoundGpus } from '../../../src/hardware/found-gpu.ts'
import { numberGpus } from '../../../src/hardware/number-gpus.ts'
import { lostProblem } from '../../../src/hardware/nvidia/nvidia-gpus.ts'
import { FakeTools, fakeSysfs, uevent } from './fake-tools.ts'

const NEVER = new AbortController().signal
const NVIDIA_CARD = { '0000:01:00.0': { uevent: uevent('0000:01:00.0', '10DE:2684', 'nvidia') } }
const RADEON = {
  uevent: uevent('0000:03:00.0', '1002:744C', 'amdgpu'),
  mem_info_vram_total: String(24 * 2 ** 30),
  mem_info_vram_used: String(2 ** 30),
  gpu_busy_percent: '37',
  'hwmon/hwmon3/temp1_input': '54000',
  'hwmon/hwmon3/power1_average': '211000000',
}
const INTEL = { uevent: uevent('0000:00:02.0', '8086:A788', 'i915') }

function inspector(tools: FakeTools, sysfsRoot = fakeSysfs({}), timeoutMs = 30_000): GpuInspector {
  return new GpuInspector({ environment: tools.environment, sysfsRoot, timeoutMs })
}

function numbered(found: FoundGpus): Gpu[] {
  return numberGpus([], found.gpus, (gpu) => lostProblem(gpu.name, 'gone'))
}

describe('GpuInspector', () => {
  it('finds the cards of nvidia-smi and what they are doing', async () => {
    const machine = inspector(new FakeTools().playNvidia('two-cards'))
    const gpus = numbered(await machine.find(NEVER))
    expect(gpus.map(({ index, name, vramMb, isUsable, hasCuda }) => [index, name, vramMb, isUsable, hasCuda])).toEqual([
      [0, 'NVIDIA GeForce RTX 4090', 24_564, true, true],
      [1, 'NVIDIA GeForce RTX 3060', 12_288, true, true],
    ])
    expect(await machine.read(gpus, NEVER)).toEqual({
      readings: [
        { index: 0, utilPct: 97, temperatureC: 63, powerW: 391.25, vramUsedMb: 8012, vramFreeMb: 16_206 },
        { index: 1, utilPct: 0, temperatureC: 41, powerW: 30, vramUsedMb: 1, vramFreeMb: 12_053 },
      ],
      lost: [],
      problem: null,
    })
  })

  it('lists MIG devices with memory of their own and UUIDs from the listing, and not the split card', async () => {
    const machine = inspector(new FakeTools().playNvidia('mig'))
    const gpus = numbered(await machine.find(NEVER))
    expect(gpus.map(({ index, uuid, vramMb, parentIndex, isUsable }) => [index, uuid, vramMb, parentIndex, isUsable])).toEqual([
      [0, 'GPU-1d6ae4f1-5a3c-4c1f-9f0e-3a51b7c2d001', 24_564, null, true],
      [1, 'GPU-3f8c0613-7c5e-4e31-9b20-5c73d9e4f003', 40_960, null, false],
      [2, 'MIG-4a9d1724-8d6f-5f42-8c31-6d84eaf50004', 19_968, 1, true],
      [3, 'MIG-5bae2835-9e70-5053-9d42-7e95fb060005', 9856, 1, true],
    ])
    expect(gpus[1]?.problem?.code).toBe('mig-parent')
  })

  it('reads the memory of MIG devices and the power of their board', async () => {
    const tools = new FakeTools().playNvidia('mig')
    const machine = inspector(tools)
    const gpus = numbered(await machine.find(NEVER))
    // A driver that tells the UUIDs in the listing alone is asked for it again.
    const { readings, lost } = await machine.read(gpus, NEVER)
    expect(lost).toEqual([])
    expect(readings.map(({ index, powerW, vramUsedMb, vramFreeMb }) => [index, powerW, vramUsedMb, vramFreeMb])).toEqual([
      [0, 391.25, 8012, 16_206],
      [1, 66.92, 38, 40_315],
      [2, null, 19, 19_948],
      [3, null, 5120, 4736],
    ])
  })

  it.for(['lost-card', 'lost-fields'])('keeps the other cards when one fell off the bus (%s)', async (recording) => {
    const tools = new FakeTools().playNvidia('two-cards')
    const machine = inspector(tools)
    const before = numbered(await machine.find(NEVER))
    tools.playNvidia(recording)
    expect((await machine.read(before, NEVER)).lost).toEqual([1])
    const after = numberGpus(before, (await machine.find(NEVER)).gpus, (gpu) => lostProblem(gpu.name, 'gone'))
    expect(after.map(({ name, isUsable, problem }) => [name, isUsable, problem?.code ?? null])).toEqual([
      ['NVIDIA GeForce RTX 4090', true, null],
      ['NVIDIA GeForce RTX 3060', false, 'lost'],
    ])
  })

  it.for([
    ['mismatch', 'driver-mismatch', /reboot/],
    ['no-driver', 'no-driver', /modprobe nvidia/],
    ['no-library', 'no-driver', /install the driver package/],
    ['no-permission', 'no-permission', /\/dev\/nvidia/],
    ['truncated', 'bad-output', /ends in the middle/],
    ['not-xml', 'bad-output', /NVSMI LOG/],
    ['floods', 'bad-output', /without end/],
    ['unknown-failure', 'failed', /Unknown Error/],
  ] as const)('tells the operator what to do about %s', async ([recording, code, advice]) => {
    const found = await inspector(new FakeTools().playNvidia(recording), fakeSysfs(NVIDIA_CARD)).find(NEVER)
    expect(found.nvidiaProblem?.code).toBe(code)
    expect(found.nvidiaProblem?.message).toMatch(advice)
    expect(found.problems).toEqual([found.nvidiaProblem])
    expect(found.gpus.map(({ vendor, isUsable, problem }) => [vendor, isUsable, problem])).toEqual([
      ['nvidia', false, found.nvidiaProblem],
    ])
  })

  it('gives up a hanging nvidia-smi', async () => {
    const tools = new FakeTools().playNvidia('hangs')
    const found = await inspector(tools, fakeSysfs(NVIDIA_CARD), 300).find(NEVER)
    expect(found.nvidiaProblem?.code).toBe('timeout')
  })

  it('misses nvidia-smi only where there is an NVIDIA card', async () => {
    expect(await inspector(new FakeTools()).find(NEVER)).toEqual({ gpus: [], problems: [], nvidiaProblem: null })
    const { problems, gpus } = await inspector(new FakeTools(), fakeSysfs(NVIDIA_CARD)).find(NEVER)
    expect(problems.map(({ code }) => code)).toEqual(['no-program'])
    expect(gpus.map(({ name, isUsable }) => [name, isUsable])).toEqual([['NVIDIA GPU 10de:2684', false]])
  })

  it('takes a driver without devices for what it is', async () => {
    const found = await inspector(new FakeTools().playNvidia('no-devices')).find(NEVER)
    expect(found).toEqual({ gpus: [], problems: [], nvidiaProblem: null })
  })

  it('puts cards of several makers into one list, with their Vulkan numbers', async () => {
    const tools = new FakeTools().playNvidia('two-cards').playVulkan('mixed.txt')
    const root = fakeSysfs({ ...NVIDIA_CARD, '0000:03:00.0': RADEON, '0000:00:02.0': INTEL })
    const machine = inspector(tools, root)
    const gpus = numbered(await machine.find(NEVER))
    expect(
      gpus.map(({ vendor, vulkanIndex, vramMb, pciBusId, hasSharedMemory }) => [
        vendor,
        vulkanIndex,
        vramMb,
        pciBusId,
        hasSharedMemory,
      ]),
    ).toEqual([
      ['nvidia', 1, 24_564, '0000:01:00.0', false],
      ['nvidia', null, 12_288, '0000:02:00.0', false],
      ['intel', 0, null, '0000:00:02.0', true],
      ['amd', 3, 24_576, '0000:03:00.0', false],
      ['software', 4, null, null, true],
    ])
    expect(gpus.every(({ isUsable }) => isUsable)).toBe(true)
    const { readings } = await machine.read(gpus, NEVER)
    expect(readings[3]).toEqual({ index: 3, utilPct: 37, temperatureC: 54, powerW: 211, vramUsedMb: 1024, vramFreeMb: 23_552 })
  })

  it('asks Vulkan once as long as the cards are the same', async () => {
    const tools = new FakeTools().playNvidia('two-cards').playVulkan('mixed.txt')
    const machine = inspector(tools)
    await machine.find(NEVER)
    await machine.find(NEVER)
    expect(tools.vulkanCalls).toHaveLength(1)
    tools.playNvidia('lost-card')
    await machine.find(NEVER)
    expect(tools.vulkanCalls).toHaveLength(2)
  })

  it('tells why an AMD card cannot be used', async () => {
    const root = fakeSysfs({ '0000:03:00.0': RADEON })
    const without = await inspector(new FakeTools(), root).find(NEVER)
    expect(without.problems.map(({ message }) => message)).toEqual([expect.stringContaining('vulkan-tools')])
    expect(without.gpus[0]?.problem?.code).toBe('no-vulkan')
    const blind = await inspector(new FakeTools().playNoVulkan(), root).find(NEVER)
    expect(blind.problems).toEqual([])
    expect(blind.gpus[0]?.problem?.message).toContain('mesa-vulkan-drivers')
    const passed = fakeSysfs({ '0000:03:00.0': { uevent: uevent('0000:03:00.0', '1002:744C', 'vfio-pci') } })
    expect((await inspector(new FakeTools().playNoVulkan(), passed).find(NEVER)).gpus[0]?.problem?.code).toBe('no-driver')
  })

  it('passes over graphics that no engine can use', async () => {
    const root = fakeSysfs({
      '0000:05:00.0': { uevent: uevent('0000:05:00.0', '1A03:2000', 'ast') },
      '0000:06:00.0': { uevent: uevent('0000:06:00.0', '8086:1533', 'igb', '20000') },
    })
    expect((await inspector(new FakeTools(), root).find(NEVER)).gpus).toEqual([])
  })
})
