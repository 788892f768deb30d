import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RaplCounter } from '../../../../src/hardware/energy/rapl-counter.ts'
import { tempDir } from '../../../support/temp-dir.ts'

function setZone(root: string, zone: string, name: string, energyUj: number | string): void {
  mkdirSync(join(root, zone), { recursive: true })
  writeFileSync(join(root, zone, 'name'), `${name}\n`)
  writeFileSync(join(root, zone, 'energy_uj'), `${energyUj}\n`)
  writeFileSync(join(root, zone, 'max_energy_range_uj'), '262143328850\n')
}

describe('RaplCounter', () => {
  it('adds up the packages, without their parts and what contains them', () => {
    const root = tempDir()
    const counter = new RaplCounter(root)
    const set = (uj: number): void => {
      for (const [zone, name] of [
        ['intel-rapl:0', 'package-0'],
        ['intel-rapl:1', 'package-1'],
        ['intel-rapl:0:0', 'core'],
        ['intel-rapl:2', 'psys'],
        ['intel-rapl-mmio:0', 'package-0'],
      ] as const)
        setZone(root, zone, name, uj)
    }
    set(1_000_000)
    expect(counter.advance()).toBeNull()
    set(3_500_000)
    expect(counter.advance()).toBe(5)
    expect(counter.advance()).toBe(0)
  })

  it('goes on when a counter wraps around', () => {
    const root = tempDir()
    const counter = new RaplCounter(root)
    setZone(root, 'intel-rapl:0', 'package-0', 262_143_328_850 - 1_000_000)
    counter.advance()
    setZone(root, 'intel-rapl:0', 'package-0', 2_000_000)
    expect(counter.advance()).toBe(3)
  })

  it('has no figure where there are no counters, or they cannot be read', () => {
    expect(new RaplCounter(join(tempDir(), 'none')).advance()).toBeNull()
    const root = tempDir()
    const counter = new RaplCounter(root)
    expect(counter.advance()).toBeNull()
    setZone(root, 'intel-rapl:0', 'package-0', 1)
    counter.advance()
    setZone(root, 'intel-rapl:0', 'package-0', 'garbage')
    expect(counter.advance()).toBeNull()
    rmSync(join(root, 'intel-rapl:0', 'energy_uj'))
    expect(counter.advance()).toBeNull()
  })

  it('has no figure for a time in which a package came or went', () => {
    const root = tempDir()
    const counter = new RaplCounter(root)
    setZone(root, 'intel-rapl:0', 'package-0', 1)
    counter.advance()
    setZone(root, 'intel-rapl:1', 'package-1', 1)
    expect(counter.advance()).toBeNull()
    expect(counter.advance()).toBe(0)
  })
})
