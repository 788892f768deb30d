import { describe, expect, it } from 'vitest'
import { selectGpus } from '../../../src/hardware/select-gpus.ts'
import { gpu } from './sample-gpu.ts'

const MIG = { pciBusId: '0000:41:00.0', parentIndex: 1 }
const GPUS = [
  gpu(0, { uuid: 'GPU-1d6ae4f1-5a3c', pciBusId: '0000:01:00.0' }),
  gpu(1, {
    uuid: 'GPU-1d7bf502-6b4d',
    pciBusId: '0000:41:00.0',
    isUsable: false,
    problem: { code: 'mig-parent', message: 'split' },
  }),
  gpu(2, { uuid: '00000000-0300-0000-0000-000000000000', pciBusId: '0000:03:00.0', vendor: 'amd' }),
  gpu(3, { ...MIG, uuid: 'MIG-4a9d1724' }),
  gpu(4, { ...MIG, uuid: 'MIG-5bae2835' }),
  gpu(5, { uuid: '6d657361', pciBusId: null, vendor: 'software', name: 'llvmpipe' }),
]

function chosen(...devices: string[]): number[] | string {
  const selection = selectGpus(GPUS, devices)
  return selection.ok ? selection.gpus.map(({ index }) => index) : selection.message
}

describe('selectGpus', () => {
  it.for([
    [['all'], [0, 2, 3, 4]],
    [['none'], []],
    [[], []],
    [['0'], [0]],
    [
      ['2', '0', '0'],
      [0, 2],
    ],
    [['GPU-1d6a'], [0]],
    [['1d6ae4'], [0]],
    [['gpu-1D6AE4F1-5A3C'], [0]],
    [['01:00.0'], [0]],
    [['0000:03:00.0'], [2]],
    [['00000000:01:00.0'], [0]],
    [['1'], [3, 4]],
    [['41:00.0'], [3, 4]],
    [['1:1'], [4]],
    [['MIG-4a9d1724'], [3]],
    [['5'], [5]],
    [
      ['all', '6d65'],
      [0, 2, 3, 4, 5],
    ],
  ] as const)('takes %j for the GPUs %j', ([devices, indices]) => {
    expect(chosen(...devices)).toEqual(indices)
  })

  it.for([
    [['7'], /"7", which is not here: there are 0 \(NVIDIA A, GPU-1d6ae4f1-5a3c, 0000:01:00.0\), 1/],
    [['GPU-ffff'], /"GPU-ffff", which is not here/],
    [['05:00.0'], /not here/],
    [['1:2'], /not here/],
    [['GPU-1d'], /"GPU-1d", which fits several GPUs/],
    [['none', '0'], /"none" beside other names/],
  ] as const)('refuses %j with a sentence that helps', ([devices, message]) => {
    expect(chosen(...devices)).toMatch(message)
  })

  it('takes a whole UUID although another begins with it', () => {
    const both = [gpu(0, { uuid: 'GPU-1d6a' }), gpu(1, { uuid: 'GPU-1d6a-77' })]
    expect(selectGpus(both, ['GPU-1d6a'])).toEqual({ ok: true, gpus: [both[0]] })
  })

  it('says that there is none where there is none, but takes all of nothing', () => {
    expect(selectGpus([], ['0'])).toMatchObject({ ok: false, message: expect.stringContaining('no GPU that the miner can see') })
    expect(selectGpus([], ['all'])).toEqual({ ok: true, gpus: [] })
  })
})
