import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FoundGpu } from '../../../../src/hardware/found-gpu.ts'
import { parseUnreachableCards } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-messages.ts'
import { parseNvidiaSmi } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-smi.ts'
import { toNvidiaGpus } from '../../../../src/hardware/nvidia/nvidia-gpus.ts'

function gpusOf(recording: string): FoundGpu[] {
  const output = readFileSync(join(import.meta.dirname, '../../../fixtures/nvidia-smi', recording, 'query.out'), 'utf8')
  const result = parseNvidiaSmi(output)
  if (!result.ok) throw new Error(result.reason)
  return toNvidiaGpus(result.log, parseUnreachableCards(output))
}

describe('toNvidiaGpus', () => {
  it.for([
    [
      'two-cards',
      [
        [true, null],
        [true, null],
      ],
    ],
    [
      'prohibited',
      [
        [false, 'prohibited'],
        [true, null],
      ],
    ],
    [
      'needs-reset',
      [
        [false, 'needs-reset'],
        [true, 'ecc-errors'],
      ],
    ],
    [
      'mig',
      [
        [true, null],
        [false, 'mig-parent'],
        [false, 'mig-without-uuid'],
        [false, 'mig-without-uuid'],
      ],
    ],
    ['mig-empty', [[false, 'mig-parent']]],
    [
      'lost-card',
      [
        [true, null],
        [false, 'lost'],
      ],
    ],
    [
      'lost-fields',
      [
        [true, null],
        [false, 'lost'],
      ],
    ],
    ['unified-memory', [[true, null]]],
  ] as const)('knows what can be used of %s', ([recording, expected]) => {
    expect(gpusOf(recording).map(({ isUsable, problem }) => [isUsable, problem?.code ?? null])).toEqual(expected)
  })

  it('tells what an empty MIG card needs', () => {
    expect(gpusOf('mig-empty')[0]?.problem?.message).toContain('nvidia-smi mig -cgi')
  })

  it('knows a card for one process at a time', () => {
    expect(gpusOf('prohibited').map(({ isExclusive }) => isExclusive)).toEqual([false, true])
  })

  it('knows a board that computes in the memory of the machine', () => {
    expect(gpusOf('unified-memory')[0]).toMatchObject({ hasSharedMemory: true, vramMb: null, hasCuda: true })
    expect(gpusOf('two-cards')[0]).toMatchObject({ hasSharedMemory: false, vramMb: 24_564 })
  })
})
