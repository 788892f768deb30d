import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { LogFile } from '../../../src/platform/log-file.ts'
import { SmallDisk, whyNoSmallDisk } from '../../support/small-disk.ts'

function logTo(path: string): { log: LogFile; told: string[]; passTime: () => void } {
  const told: string[] = []
  let nowMs = 0
  const deps = { path, nowMs: () => nowMs, onRecovery: () => void told.push('recovered') }
  const log = new LogFile({ ...deps, onFailure: (reason) => void told.push(reason) })
  return { log, told, passTime: () => (nowMs += 1_000) }
}

describe('a log file', () => {
  it('on a full device is told of once', () => {
    const { log, told, passTime } = logTo('/dev/full')
    for (let line = 0; line < 3; line += 1) {
      log.write(`line ${line}`)
      passTime()
    }
    log.close()
    expect(told).toEqual([expect.stringContaining('ENOSPC')])
  })

  it.skipIf(whyNoSmallDisk !== null)(
    `holds no part of a line that the disk had no room for (${whyNoSmallDisk ?? 'in memory'})`,
    () => {
      const disk = new SmallDisk(8)
      const path = join(disk.path, 'log')
      const { log, told, passTime } = logTo(path)
      const line = 'x'.repeat(1_500)
      while (told.length === 0) log.write(line)
      expect(readFileSync(path, 'utf8')).toMatch(/^(?:x{1500}\n)+$/)
      disk.resize(64)
      passTime()
      log.write('again')
      log.close()
      expect(told).toEqual([expect.stringContaining('ENOSPC'), 'recovered'])
      expect(readFileSync(path, 'utf8')).toMatch(/^(?:x{1500}\n)+again\n$/)
    },
  )
})
