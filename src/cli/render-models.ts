import Table from 'cli-table3'

import type { ModelRow } from '../daemon/manage-models.ts'

/** The models as a table. */
export function renderModels(rows: readonly ModelRow[]): string {
  const table = new Table({ head: ['name', 'workload', 'size', 'state', 'licence', 'sha256'], style: { head: [], border: [] } })
  for (const { name, workload, bytes, state, isInUse, licence, sha256 } of rows) {
    table.push([name, workload, formatBytes(bytes), isInUse ? `${state}, in use` : state, licence ?? '', sha256.slice(0, 12)])
  }
  return `${table.toString()}\n`
}

/** As an operator compares it with a disk: `5.3 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  const step = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1)
  const value = bytes / 1024 ** step
  return `${step === 0 ? value : value.toFixed(1)} ${units[step] ?? 'B'}`
}
