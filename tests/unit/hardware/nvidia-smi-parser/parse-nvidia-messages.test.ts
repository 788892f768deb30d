import { describe, expect, it } from 'vitest'
import { classifyNvidiaFailure, parseUnreachableCards } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-messages.ts'

describe('parseUnreachableCards', () => {
  it.for([
    ['Unable to determine the device handle for GPU0000:02:00.0: GPU is lost.  Reboot the system', '0000:02:00.0'],
    ['Unable to determine the device handle for GPU 0000:5F:00.0: Not Found', '0000:5f:00.0'],
    ['Unable to determine the device handle for GPU3: 0000:5F:00.0: Unknown Error', '0000:5f:00.0'],
    ['Unable to determine the device handle for GPU 00000000:05:00.0: Unknown Error', '0000:05:00.0'],
  ])('finds the card in %j', ([output = '', address]) => {
    expect(parseUnreachableCards(`x\n${output}\ny`).map(({ pciBusId }) => pciBusId)).toEqual([address])
  })

  it('finds each of several, with its reason', () => {
    const output =
      'Unable to determine the device handle for GPU 0000:01:00.0: Not Found\nUnable to determine the device handle for GPU 0000:02:00.0: Unknown Error\n'
    expect(parseUnreachableCards(output)).toEqual([
      { pciBusId: '0000:01:00.0', reason: 'Not Found' },
      { pciBusId: '0000:02:00.0', reason: 'Unknown Error' },
    ])
  })
})

describe('classifyNvidiaFailure', () => {
  it.for([
    [18, '', 'driver-mismatch'],
    [255, 'Failed to initialize NVML: Driver/library version mismatch', 'driver-mismatch'],
    [9, '', 'no-driver'],
    [12, '', 'no-driver'],
    [4, '', 'no-permission'],
    [15, '', 'lost'],
    [255, 'Failed to initialize NVML: Unknown Error', 'failed'],
    [null, '', 'failed'],
  ] as const)('takes exit code %s with %j for %s', ([exitCode, output, code]) => {
    expect(classifyNvidiaFailure(exitCode, output).code).toBe(code)
  })
})
