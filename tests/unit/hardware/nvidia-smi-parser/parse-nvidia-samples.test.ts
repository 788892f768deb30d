import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseNvidiaListing } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-listing.ts'
import { parseNvidiaSamples } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-samples.ts'

describe('parseNvidiaSamples', () => {
  it('reads a line a card, with null for what is not told', () => {
    expect(parseNvidiaSamples('00000000:01:00.0, GPU-a, [N/A], 41, [Not Supported], 12, 100\n')).toEqual([
      {
        pciBusId: '0000:01:00.0',
        uuid: 'GPU-a',
        utilPct: null,
        temperatureC: 41,
        powerW: null,
        usedMb: 12,
        freeMb: 100,
        isLost: false,
      },
    ])
  })

  it('passes over messages and cut lines', () => {
    expect(parseNvidiaSamples('Unable to determine the device handle\n00000000:01:00.0, GPU-a, 1\n\n')).toEqual([])
  })

  it('knows a lost card by its fields', () => {
    expect(parseNvidiaSamples('00000000:01:00.0, [GPU is lost], 0, 0, 0, 0, 0')[0]).toMatchObject({ isLost: true, uuid: null })
  })

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.constantFrom('00000000:01:00.0', '[N/A]', '-1', '1e400', '\n', ',')), {
          maxLength: 40,
        }),
        (parts) => {
          for (const { powerW } of parseNvidiaSamples(parts.join(','))) expect(powerW === null || powerW >= 0).toBe(true)
        },
      ),
    )
  })
})

describe('parseNvidiaListing', () => {
  it('finds the UUIDs of MIG devices, in the form of old and new drivers', () => {
    const listing = [
      'GPU 0: NVIDIA A100 (UUID: GPU-a)',
      '  MIG 3g.20gb     Device  0: (UUID: MIG-GPU-a/1/0)',
      'GPU 1: NVIDIA A100 (UUID: GPU-b)',
      '  MIG 1g.10gb     Device  1: (UUID: MIG-5bae2835)',
    ].join('\n')
    expect([...parseNvidiaListing(listing)].map(([card, devices]) => [card, [...devices]])).toEqual([
      ['GPU-a', [[0, 'MIG-GPU-a/1/0']]],
      ['GPU-b', [[1, 'MIG-5bae2835']]],
    ])
  })
})
