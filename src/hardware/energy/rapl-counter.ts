import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Zones of whole processor packages; `intel-rapl:0:0` is a part of one, `intel-rapl-mmio:0` the same package once more. */
const TOP_ZONE = /^intel-rapl:\d+$/
/** Other top zones (`psys`) contain the packages, and would count them twice. */
const PACKAGE_NAME = /^package-\d+$/

interface Zone {
  readonly folder: string
  readonly energyUj: number
  /** Beyond it the counter begins at 0 again. */
  readonly rangeUj: number
}

/**
 * The energy counters of the processor packages, Intel's and AMD's, in `/sys/class/powercap`. On most systems root alone may
 * read them; then there is no figure.
 */
export class RaplCounter {
  readonly #root: string
  #last: readonly Zone[] | null = null

  /** @param root `/sys/class/powercap` */
  constructor(root: string) {
    this.#root = root
  }

  /**
   * Joules of all packages together since the call before; null when there was none, or the counters cannot be read. Counters
   * wrap around after about 10 minutes to an hour at full load: ask at least once a minute while it matters.
   */
  advance(): number | null {
    const before = this.#last
    const now = this.#read()
    this.#last = now
    if (before === null || now === null || before.length !== now.length) return null
    let uj = 0
    for (const [at, zone] of now.entries()) {
      const last = before[at]
      if (last?.folder !== zone.folder) return null
      uj += zone.energyUj >= last.energyUj ? zone.energyUj - last.energyUj : zone.energyUj + zone.rangeUj - last.energyUj
    }
    return uj / 1e6
  }

  #read(): readonly Zone[] | null {
    try {
      const zones = readdirSync(this.#root)
        .filter((name) => TOP_ZONE.test(name))
        .toSorted()
        .map((name) => join(this.#root, name))
        .filter((folder) => PACKAGE_NAME.test(readFileSync(join(folder, 'name'), 'utf8').trim()))
        .map((folder) => ({
          folder,
          energyUj: readCount(join(folder, 'energy_uj')),
          rangeUj: readCount(join(folder, 'max_energy_range_uj')),
        }))
      return zones.length === 0 ? null : zones
    } catch {
      return null
    }
  }
}

function readCount(path: string): number {
  const text = readFileSync(path, 'utf8').trim()
  if (!/^\d{1,15}$/.test(text)) throw new Error(`not a count in ${path}: ${JSON.stringify(text)}`)
  return Number(text)
}
