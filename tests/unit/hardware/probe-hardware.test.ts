import os from 'node:os'
import { describe, expect, it } from 'vitest'
import { probeHardware, usableMemory } from '../../../src/hardware/probe-hardware.ts'
import { gpu } from './sample-gpu.ts'

describe('probeHardware', () => {
  it('tells processor and memory of this machine', () => {
    const { cpu, ramMb, gpus } = probeHardware()
    expect(cpu.model).not.toBe('')
    expect(cpu.cores).toBe(os.availableParallelism())
    expect(cpu.arch).toBe(process.arch)
    expect(ramMb).toBeGreaterThan(0)
    expect(ramMb).toBeLessThanOrEqual(os.totalmem() / 2 ** 20)
    expect(gpus).toEqual([])
  })

  it('adds the GPUs that were found', () => {
    expect(probeHardware([gpu(0)]).gpus).toEqual([gpu(0)])
  })
})

describe('usableMemory', () => {
  it.for([
    [1000, 0, 1000],
    [1000, 400, 400],
    [1000, 2 ** 63, 1000],
  ] as const)('of %d bytes with a limit of %d is %d', ([total, limit, usable]) => {
    expect(usableMemory(total, limit)).toBe(usable)
  })
})
