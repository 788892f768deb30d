/**
 * Preloaded into a program under test (`node --import`): collects all garbage now and then and writes the heap that is still in use, in
 * bytes, to the file that `REPORT_HEAP_TO` names, a line each time. What is only not yet collected would hide a small leak for long.
 */
import { appendFileSync } from 'node:fs'
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { z } from 'zod'

const EVERY_MS = 15_000

const path = process.env['REPORT_HEAP_TO']
if (path !== undefined) {
  setFlagsFromString('--expose-gc')
  const collectGarbage = z.function({ input: [], output: z.void() }).implement(runInNewContext('gc'))
  setInterval(() => {
    collectGarbage()
    appendFileSync(path, `${getHeapStatistics().used_heap_size}\n`)
  }, EVERY_MS).unref()
}
