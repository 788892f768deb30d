import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VulkanClaims } from '../../../../src/hardware/vulkan/claim-vulkan-device.ts'
import { parseVulkanSummary } from '../../../../src/hardware/vulkan/parse-vulkan-summary.ts'
import { vulkanPciAddress } from '../../../../src/hardware/vulkan/vulkan-pci-address.ts'

function recording(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../../fixtures/nvidia-smi/vulkaninfo', name), 'utf8')
}

describe('parseVulkanSummary', () => {
  it('reads what vulkaninfo says without a GPU', () => {
    expect(parseVulkanSummary(recording('llvmpipe.txt'))).toEqual([
      {
        index: 0,
        name: 'llvmpipe (LLVM 15.0.6, 256 bits)',
        type: 'cpu',
        vendorId: 0x1_00_05,
        deviceId: 0,
        uuid: '6d657361-3232-2e33-2e36-000000000000',
        driverId: 'DRIVER_ID_MESA_LLVMPIPE',
        driver: 'Mesa 22.3.6 (LLVM 15.0.6)',
        pciBusId: null,
      },
    ])
  })

  it('finds the PCI addresses that Mesa puts into UUIDs', () => {
    expect(parseVulkanSummary(recording('mixed.txt')).map(({ index, pciBusId }) => [index, pciBusId])).toEqual([
      [0, '0000:00:02.0'],
      [1, null],
      [2, null],
      [3, '0000:03:00.0'],
      [4, null],
    ])
  })

  it('finds nothing in any other text', () => {
    expect(parseVulkanSummary('ERROR: [Loader Message] Code 0\nGPU:\n deviceName = x')).toEqual([])
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(parseVulkanSummary(text)).toEqual([])
      }),
    )
  })

  it('takes a UUID that is a hash for no address', () => {
    expect(vulkanPciAddress('ffffffff-ffff-ffff-ffff-ffffffffffff', 'DRIVER_ID_MESA_RADV')).toBeNull()
    expect(vulkanPciAddress('a1b2c3d4-0000-0000-0000-000000000000', 'DRIVER_ID_INTEL_OPEN_SOURCE_MESA')).toBeNull()
    expect(vulkanPciAddress('no uuid', 'DRIVER_ID_MESA_RADV')).toBeNull()
  })
})

describe('VulkanClaims', () => {
  const AMD = { vendorId: 0x10_02, deviceId: 0x74_4c, uuid: null }

  it('gives a card that two drivers serve to the driver that llama.cpp prefers, and lists it once', () => {
    const claims = new VulkanClaims(parseVulkanSummary(recording('mixed.txt')))
    expect(claims.claim({ ...AMD, pciBusId: '0000:03:00.0' })?.index).toBe(3)
    expect(claims.unclaimed.map(({ index }) => index)).toEqual([0, 1, 4])
    expect(claims.claim({ ...AMD, pciBusId: '0000:04:00.0' })).toBeNull()
  })

  it('gives cards of one model without addresses out in order, each once', () => {
    const device = {
      name: 'x',
      type: 'discrete',
      vendorId: 0x10_02,
      deviceId: 0x74_4c,
      driverId: 'DRIVER_ID_AMD_PROPRIETARY',
      driver: null,
      pciBusId: null,
    } as const
    const claims = new VulkanClaims([
      { ...device, index: 0, uuid: 'a' },
      { ...device, index: 1, uuid: 'b' },
    ])
    const given = ['0000:03:00.0', '0000:04:00.0', '0000:05:00.0'].map((pciBusId) => claims.claim({ ...AMD, pciBusId })?.index)
    expect(given).toEqual([0, 1, undefined])
  })

  it('does not give a card that is only known by its address the device of another one of its model', () => {
    const claims = new VulkanClaims(parseVulkanSummary(recording('mixed.txt')))
    expect(claims.claim({ pciBusId: '0000:09:00.0', uuid: null, vendorId: null, deviceId: null })).toBeNull()
    expect(
      claims.claim({ pciBusId: '0000:01:00.0', uuid: 'GPU-1D6AE4F1-5a3c-4c1f-9f0e-3a51b7c2d001', vendorId: null, deviceId: null })
        ?.index,
    ).toBe(1)
  })
})
