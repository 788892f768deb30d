import { mkdirSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { freeRamMb } from '../../../src/hardware/free-memory.ts'
import { freeVramMb } from '../../../src/hardware/free-vram.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { gpu, reading } from './sample-gpu.ts'

const MIB = 2 ** 20

function roots(files: Readonly<Record<string, string>>): { proc: string; cgroup: string } {
  const root = tempDir()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return { proc: join(root, 'proc'), cgroup: join(root, 'cgroup') }
}

const MEMINFO = { 'proc/meminfo': 'MemTotal: 8000000 kB\nMemAvailable:    4096000 kB\n' }
const GROUP = { 'proc/self/cgroup': '0::/system.slice/miner.service\n' }

describe('freeRamMb', () => {
  it('is what the kernel calls available', () => {
    expect(freeRamMb(roots(MEMINFO))).toBe(4000)
  })

  it('is less where the control group allows less, with its cached files for free', () => {
    const limits = {
      'cgroup/system.slice/miner.service/memory.max': String(1000 * MIB),
      'cgroup/system.slice/miner.service/memory.current': String(900 * MIB),
      'cgroup/system.slice/miner.service/memory.stat': `anon 5\ninactive_file ${600 * MIB}\n`,
    }
    expect(freeRamMb(roots({ ...MEMINFO, ...GROUP, ...limits }))).toBe(700)
  })

  it('heeds a limit around the group, and none that is not set', () => {
    const limits = {
      'cgroup/system.slice/miner.service/memory.max': 'max\n',
      'cgroup/system.slice/miner.service/memory.current': '5\n',
      'cgroup/system.slice/memory.max': String(100 * MIB),
      'cgroup/system.slice/memory.current': String(200 * MIB),
    }
    expect(freeRamMb(roots({ ...MEMINFO, ...GROUP, ...limits }))).toBe(0)
  })

  it('knows this machine', () => {
    expect(freeRamMb()).toBeGreaterThan(0)
    expect(freeRamMb()).toBeLessThanOrEqual(os.totalmem() / MIB)
    expect(freeRamMb(roots({}))).toBeGreaterThan(0)
  })
})

describe('freeVramMb', () => {
  const signal = new AbortController().signal
  const monitor = {
    read: () => Promise.resolve({ atMs: 0, readings: [reading(1, { vramFreeMb: 512 }), reading(2, { vramFreeMb: null })] }),
  }

  it('is what the last reading of this GPU says, if it says anything', async () => {
    expect(await freeVramMb(monitor, gpu(1), signal)).toBe(512)
    expect(await freeVramMb(monitor, gpu(2), signal)).toBeNull()
    expect(await freeVramMb(monitor, gpu(3), signal)).toBeNull()
  })

  it("is the machine's free memory for a GPU that computes in that", async () => {
    expect(await freeVramMb(monitor, gpu(1, { hasSharedMemory: true }), signal)).toBeGreaterThan(0)
  })
})
