import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bestFigures, readBenchResults, writeBenchResults } from '../../../src/daemon/bench-results.ts'
import { tempDir } from '../../support/temp-dir.ts'

const RESULTS = { measuredAt: '2026-01-01T12:00:00Z', devices: { cpu: { fp32_gflops: 90 }, gpu0: { fp32_gflops: 900, x: 1 } } }

describe('bench results', () => {
  it('come back as they were written', () => {
    const dir = tempDir()
    writeBenchResults(dir, RESULTS)
    expect(readBenchResults(dir)).toEqual(RESULTS)
  })

  it('are none where nobody measured, and where the file is not one of ours', () => {
    const dir = tempDir()
    expect(readBenchResults(dir)).toBeNull()
    for (const text of ['{', '{"devices": {"cpu": {"fp32_gflops": "fast"}}}', '[]']) {
      writeFileSync(join(dir, 'bench.json'), text)
      expect(readBenchResults(dir)).toBeNull()
    }
  })

  it('offer of each figure that of the best device', () => {
    expect(bestFigures(RESULTS)).toEqual({ fp32_gflops: 900, x: 1 })
  })
})
