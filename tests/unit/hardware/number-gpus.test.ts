import { describe, expect, it } from 'vitest'
import { numberGpus } from '../../../src/hardware/number-gpus.ts'
import { lostProblem } from '../../../src/hardware/nvidia/nvidia-gpus.ts'
import { foundGpu } from './sample-gpu.ts'

const A = foundGpu({ pciBusId: '0000:01:00.0', uuid: 'GPU-a', name: 'A' })
const B = foundGpu({ pciBusId: '0000:02:00.0', uuid: 'GPU-b', name: 'B' })
const MIG = foundGpu({ pciBusId: '0000:02:00.0', uuid: 'MIG-1', name: 'B MIG 0', parent: '0000:02:00.0' })
const GONE = lostProblem('x', 'gone')

describe('numberGpus', () => {
  it('numbers in the order of finding, and ties MIG devices to their card', () => {
    expect(numberGpus([], [A, B, MIG], () => GONE).map(({ index, name, parentIndex }) => [index, name, parentIndex])).toEqual([
      [0, 'A', null],
      [1, 'B', null],
      [2, 'B MIG 0', 1],
    ])
  })

  it('keeps the numbers when cards come and go', () => {
    const first = numberGpus([], [B], () => GONE)
    const second = numberGpus(first, [A], () => GONE)
    expect(second.map(({ index, name, isUsable, problem }) => [index, name, isUsable, problem])).toEqual([
      [0, 'B', false, GONE],
      [1, 'A', true, null],
    ])
    expect(numberGpus(second, [A, B], () => GONE).map(({ index, name, isUsable }) => [index, name, isUsable])).toEqual([
      [0, 'B', true],
      [1, 'A', true],
    ])
  })

  it('remembers of a lost card what the driver tells no more', () => {
    const known = numberGpus([], [A], () => GONE)
    const lost = foundGpu({ name: 'NVIDIA GPU', uuid: null, vramMb: null, isUsable: false, hasCuda: false, problem: GONE })
    expect(numberGpus(known, [lost], () => GONE)[0]).toMatchObject({
      name: 'A',
      uuid: 'GPU-a',
      vramMb: 24_564,
      isUsable: false,
      problem: GONE,
    })
  })

  it('keeps the reason why a card was unusable before it went', () => {
    const reset = { code: 'needs-reset', message: 'reset' } as const
    const known = numberGpus([], [{ ...A, isUsable: false, problem: reset }], () => GONE)
    expect(numberGpus(known, [], () => GONE)[0]?.problem).toEqual(reset)
  })
})
