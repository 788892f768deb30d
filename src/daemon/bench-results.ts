import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** What `aitbc-miner bench` measured, kept in `STATE_DIR/bench.json`. */
const benchResults = z.object({
  measuredAt: z.iso.datetime(),
  /** By device (`cpu`, `gpu0`, …) and name of the figure. */
  devices: z.record(z.string(), z.record(z.string(), z.number())),
})

export type BenchResults = Readonly<z.infer<typeof benchResults>>

/** The last results; null when there are none, or the file is not one of ours. */
export function readBenchResults(stateDir: string): BenchResults | null {
  try {
    const parsed = benchResults.safeParse(JSON.parse(readFileSync(fileIn(stateDir), 'utf8')))
    return parsed.success ? parsed.data : null
  } catch {
    return null
  }
}

/** Throws what the file system says. */
export function writeBenchResults(stateDir: string, results: BenchResults): void {
  const path = fileIn(stateDir)
  writeFileSync(`${path}.new`, `${JSON.stringify(results, null, 2)}\n`, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}

/** The figures for the coordinator: the best device's of each name. */
export function bestFigures({ devices }: BenchResults): Readonly<Record<string, number>> {
  const best = new Map<string, number>()
  for (const figures of Object.values(devices)) {
    for (const [name, value] of Object.entries(figures)) best.set(name, Math.max(best.get(name) ?? 0, value))
  }
  return Object.fromEntries(best)
}

function fileIn(stateDir: string): string {
  return join(stateDir, 'bench.json')
}
