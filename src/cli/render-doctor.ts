import { createColors } from 'picocolors'

import type { DoctorReport } from '../daemon/doctor/examine.ts'
import type { DoctorRow } from '../daemon/doctor/run-checks.ts'

/** As wide as the longest name that there usually is. */
const NAME_WIDTH = 18

const MARKS = { good: '✓', warning: '!', failed: '✗', skipped: '–' } as const

/** One line: `✗ name  what is wrong → what to do`. */
export function renderDoctorRow({ name, verdict, found, remedy }: DoctorRow, hasColors: boolean): string {
  const colors = createColors(hasColors)
  const paint = { good: colors.green, warning: colors.yellow, failed: colors.red, skipped: colors.dim }[verdict]
  const text = verdict === 'skipped' ? colors.dim(found) : found
  return `${paint(MARKS[verdict])} ${name.padEnd(NAME_WIDTH)}  ${text}${remedy === null ? '' : ` ${paint('→')} ${remedy}`}\n`
}

/** The last line. */
export function renderDoctorSummary({ rows }: Pick<DoctorReport, 'rows'>, hasColors: boolean): string {
  const colors = createColors(hasColors)
  const failures = rows.filter(({ verdict }) => verdict === 'failed').length
  const warnings = rows.filter(({ verdict }) => verdict === 'warning').length
  const counts = [count(failures, 'problem'), count(warnings, 'warning')].filter((text) => text !== null)
  if (counts.length === 0) return `\n${colors.green('all is well')}\n`
  const text = `${counts.join(', ')}: what to do stands after the arrow`
  return `\n${failures > 0 ? colors.red(text) : colors.yellow(text)}\n`
}

/** Null for none. */
function count(number: number, noun: string): string | null {
  return number === 0 ? null : `${number} ${noun}${number === 1 ? '' : 's'}`
}
