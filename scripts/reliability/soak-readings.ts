import { statSync } from 'node:fs'
import { join } from 'node:path'
import { AppendedLines } from './appended-lines.ts'
import type { ChainUnderTest } from './chain-under-test.ts'
import { JobTimes } from './job-times.ts'
import { machineSlowdown } from './machine-slowdown.ts'
import { processFigures } from './process-figures.ts'
import type { Reading } from './trend.ts'

const MEBIBYTE = 2 ** 20

/** One look at both programs. Sizes in MiB. */
export interface Look {
  readonly minerRssMb: number
  /** What is in use after all garbage was collected; null where it is not new. */
  readonly minerHeapMb: number | null
  readonly minerFiles: number
  readonly minerThreads: number
  readonly engines: number
  readonly engineRssMb: number
  readonly coordinatorRssMb: number
  readonly journalMb: number
  /** Its write-ahead log. */
  readonly walMb: number
  readonly logMb: number
  /** How busy others keep the machine: 1 for not at all. */
  readonly slowdown: number
}

/** Reads the figures of a chain again and again and keeps them. */
export class SoakReadings {
  /** By the names of a look. */
  readonly series = new Map<string, Reading[]>()
  readonly times: JobTimes
  readonly #chain: ChainUnderTest
  readonly #heapLines: AppendedLines
  readonly #logLines: AppendedLines
  readonly #startedMs: number

  constructor(chain: ChainUnderTest, startedMs: number) {
    this.#chain = chain
    this.#startedMs = startedMs
    this.times = new JobTimes(startedMs)
    this.#heapLines = new AppendedLines(heapReport(chain.home.dir))
    this.#logLines = new AppendedLines(join(chain.home.dir, 'miner.log'))
  }

  /** Looks once; throws when one of the programs is gone. */
  look(): Look {
    const { miner, coordinator, home } = this.#chain
    for (const line of this.#logLines.take()) this.times.take(line)
    const heap = this.#heapLines.take().at(-1)
    const heapMb = heap === undefined ? null : Number(heap) / MEBIBYTE
    const { rssMb, files, threads } = processFigures(miner?.pid ?? -1)
    const engines = this.#chain.engines().map(rssOf)
    const look: Look = {
      minerRssMb: rssMb,
      minerHeapMb: heapMb,
      minerFiles: files,
      minerThreads: threads,
      engines: engines.length,
      engineRssMb: engines.reduce((sum, rss) => sum + rss, 0),
      coordinatorRssMb: processFigures(coordinator.pid).rssMb,
      journalMb: sizeMb(join(home.dir, 'state', 'journal.sqlite')),
      walMb: sizeMb(join(home.dir, 'state', 'journal.sqlite-wal')),
      logMb: sizeMb(join(home.dir, 'miner.log')),
      slowdown: machineSlowdown(),
    }
    this.#keep(look)
    return look
  }

  #keep(look: Look): void {
    const atS = (Date.now() - this.#startedMs) / 1000
    for (const [name, value] of Object.entries(look)) {
      if (value === null) continue
      const readings = this.series.get(name) ?? []
      readings.push({ atS, value })
      this.series.set(name, readings)
    }
  }
}

/** Where the preloaded `report-heap.ts` of a miner in this folder writes. */
export function heapReport(dir: string): string {
  return join(dir, 'heap')
}

function sizeMb(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) / MEBIBYTE
}

/** Of an engine, which may have been killed a moment ago. */
function rssOf(pid: number): number {
  try {
    return processFigures(pid).rssMb || 0
  } catch {
    return 0
  }
}
