import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PowerLedger } from '../../../../src/hardware/energy/power-ledger.ts'
import type { EnergyShare } from '../../../../src/hardware/energy/power-ledger.ts'

const MAX_GAP_MS = 10_000

describe('PowerLedger', () => {
  it('gives a run alone the integral of the power by trapezoids', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    const run = ledger.join(1000)
    ledger.read(1000, 100)
    ledger.read(2000, 200)
    ledger.read(4000, 100)
    expect(ledger.leave(run, 4000)).toBe(150 + 300)
  })

  it('takes the first reading for the time before it and the last for the time after', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    const run = ledger.join(0)
    ledger.read(500, 100)
    ledger.read(1000, 100)
    expect(ledger.leave(run, 1500)).toBe(150)
  })

  it('divides the time that runs share equally among them', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    const long = ledger.join(0)
    ledger.read(0, 100)
    const short = ledger.join(1000)
    ledger.read(1000, 100)
    ledger.read(2000, 100)
    expect(ledger.leave(short, 2000)).toBe(50)
    ledger.read(3000, 100)
    expect(ledger.leave(long, 3000)).toBe(250)
  })

  it('tells nothing of a run with fewer than two readings', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    const run = ledger.join(0)
    ledger.read(100, 100)
    expect(ledger.leave(run, 200)).toBeNull()
    expect(ledger.leave(ledger.join(300), 400)).toBeNull()
  })

  it('tells nothing of a run in whose time the power could not be read, and all of the next', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    const first = ledger.join(0)
    ledger.read(0, 100)
    ledger.read(1000, null)
    const second = ledger.join(2000)
    ledger.read(2000, 100)
    ledger.read(3000, 100)
    expect(ledger.leave(first, 3000)).toBeNull()
    ledger.read(4000, 100)
    expect(ledger.leave(second, 4000)).toBe(50 + 100)
  })

  it('tells nothing of a run with a gap between readings, or after the last', () => {
    for (const readings of [
      [0, 1000, 12_000],
      [0, 1000],
      [11_000, 12_000],
    ]) {
      const ledger = new PowerLedger(MAX_GAP_MS)
      const run = ledger.join(0)
      for (const atMs of readings) ledger.read(atMs, 100)
      expect(ledger.leave(run, 12_000)).toBeNull()
    }
  })

  it('does not take readings from before a run for its own', () => {
    const ledger = new PowerLedger(MAX_GAP_MS)
    ledger.read(0, 500)
    const run = ledger.join(100)
    ledger.read(200, 100)
    ledger.read(300, 100)
    expect(ledger.leave(run, 300)).toBeCloseTo(20)
  })

  it('never gives all runs together more than the greatest power for the time that any was active', () => {
    const step = fc.tuple(
      fc.constantFrom('join', 'leave', 'read'),
      fc.integer({ min: 0, max: 900 }),
      fc.integer({ min: 0, max: 400 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const ledger = new PowerLedger(MAX_GAP_MS)
        const active: EnergyShare[] = []
        let [atMs, activeMs, sum] = [0, 0, 0]
        const leave = (share: EnergyShare): void => {
          const joules = ledger.leave(share, atMs)
          expect(joules === null || joules >= 0).toBe(true)
          sum += joules ?? 0
        }
        for (const [what, ms, powerW] of steps) {
          atMs += ms
          if (active.length > 0) activeMs += ms
          if (what === 'join') active.push(ledger.join(atMs))
          else if (what === 'read') ledger.read(atMs, powerW)
          else {
            const share = active.shift()
            if (share !== undefined) leave(share)
          }
        }
        for (const share of active) leave(share)
        expect(sum).toBeLessThanOrEqual((400 * activeMs) / 1000 + 1e-6)
      }),
    )
  })

  it('gives runs that are read all the time exactly what a run alone would get', () => {
    const powers = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 3, maxLength: 30 })
    fc.assert(
      fc.property(powers, fc.nat(5), (watts, others) => {
        const alone = new PowerLedger(MAX_GAP_MS)
        const shared = new PowerLedger(MAX_GAP_MS)
        const run = alone.join(0)
        const runs = Array.from({ length: others + 1 }, () => shared.join(0))
        for (const [at, powerW] of watts.entries()) for (const ledger of [alone, shared]) ledger.read(at * 500, powerW)
        const endMs = (watts.length - 1) * 500
        const sum = runs.reduce((joules, share) => joules + (shared.leave(share, endMs) ?? Number.NaN), 0)
        expect(sum).toBeCloseTo(alone.leave(run, endMs) ?? Number.NaN, 6)
      }),
    )
  })
})
