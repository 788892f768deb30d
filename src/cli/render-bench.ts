import Table from 'cli-table3'

import type { BenchReport } from '../daemon/run-benchmarks.ts'

/** The figures as a table, and where they are kept. */
export function renderBench({ rows, file }: BenchReport): string {
  const table = new Table({ head: ['device', 'back end', 'workload', 'what', 'figure'], style: { head: [], border: [] } })
  for (const { device, backend, workload, what, figure, unit, failure } of rows) {
    table.push([device, backend ?? '', workload, what, failure ?? `${(figure ?? Number.NaN).toPrecision(4)} ${unit}`])
  }
  const kept = file === null ? 'not kept: STATE_DIR cannot be written by this user' : `kept in ${file}`
  return `${table.toString()}\n${kept}\n`
}
