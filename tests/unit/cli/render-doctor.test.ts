import { stripVTControlCharacters } from 'node:util'

import { describe, expect, it } from 'vitest'

import { renderDoctorRow, renderDoctorSummary } from '../../../src/cli/render-doctor.ts'
import type { DoctorRow } from '../../../src/daemon/doctor/run-checks.ts'

const ROW: DoctorRow = { check: 'key', name: 'API key', verdict: 'failed', found: 'refused', remedy: 'set API_KEY', tookMs: 3 }

describe('renderDoctorRow', () => {
  it('is one line, with what to do after an arrow', () => {
    expect(renderDoctorRow(ROW, false)).toBe('✗ API key             refused → set API_KEY\n')
    expect(renderDoctorRow({ ...ROW, verdict: 'good', remedy: null }, false)).toBe('✓ API key             refused\n')
    expect(renderDoctorRow({ ...ROW, verdict: 'skipped', remedy: null }, false)).toBe('– API key             refused\n')
    expect(renderDoctorRow({ ...ROW, verdict: 'warning' }, false)).toBe('! API key             refused → set API_KEY\n')
  })

  it('has colours on a terminal, and the same words', () => {
    const colored = renderDoctorRow(ROW, true)
    expect(colored).not.toBe(renderDoctorRow(ROW, false))
    expect(stripVTControlCharacters(colored)).toBe(renderDoctorRow(ROW, false))
  })
})

describe('renderDoctorSummary', () => {
  it('counts what is wrong', () => {
    const rows = [ROW, { ...ROW, verdict: 'warning' as const }, { ...ROW, verdict: 'warning' as const }]
    expect(renderDoctorSummary({ rows }, false)).toBe('\n1 problem, 2 warnings: what to do stands after the arrow\n')
    expect(renderDoctorSummary({ rows: [] }, false)).toBe('\nall is well\n')
  })
})
