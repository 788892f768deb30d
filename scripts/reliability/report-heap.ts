/**
 * Preloaded into a program under test (`node --import`): writes the least heap in use of each few seconds, in bytes, to the file that
 * `REPORT_HEAP_TO` names, a line each. The least is what survives the garbage collector; what lies between is not yet collected.
 */
import { appendFileSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'

const LOOK_MS = 250
const LOOKS_PER_LINE = 20

const path = process.env['REPORT_HEAP_TO']
if (path !== undefined) {
  let least = Infinity
  let looks = 0
  setInterval(() => {
    least = Math.min(least, getHeapStatistics().used_heap_size)
    looks += 1
    if (looks % LOOKS_PER_LINE !== 0) return
    appendFileSync(path, `${least}\n`)
    least = Infinity
  }, LOOK_MS).unref()
}
