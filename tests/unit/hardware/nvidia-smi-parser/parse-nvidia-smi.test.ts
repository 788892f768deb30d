import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NvidiaCard } from '../../../../src/hardware/nvidia-smi-parser/nvidia-smi-log.ts'
import { parseNvidiaSmi } from '../../../../src/hardware/nvidia-smi-parser/parse-nvidia-smi.ts'

function recording(name: string): string {
  return readFileSync(join(import.meta.dirname, '../../../fixtures/nvidia-smi', name, 'query.out'), 'utf8')
}

function cardsOf(output: string): readonly NvidiaCard[] {
  const result = parseNvidiaSmi(output)
  if (!result.ok) throw new Error(result.reason)
  return result.log.cards
}

const NO_VALUES = ['N/A', '[N/A]', 'Not Supported', '[Unknown Error]', 'Requested functionality has been deprecated', 'ERR!', '']

describe('parseNvidiaSmi', () => {
  it('reads every card with its driver', () => {
    const result = parseNvidiaSmi(recording('two-cards'))
    expect(result).toMatchObject({ ok: true, log: { driverVersion: '550.127.05', cudaVersion: '12.4' } })
    expect(cardsOf(recording('two-cards'))[0]).toEqual({
      pciBusId: '0000:01:00.0',
      uuid: 'GPU-1d6ae4f1-5a3c-4c1f-9f0e-3a51b7c2d001',
      name: 'NVIDIA GeForce RTX 4090',
      memory: { totalMb: 24_564, usedMb: 8012, freeMb: 16_206 },
      hasSharedMemory: false,
      utilPct: 97,
      temperatureC: 63,
      powerW: 391.25,
      computeMode: 'Default',
      isPersistent: true,
      uncorrectedEccErrors: null,
      isMigEnabled: false,
      migDevices: [],
      isLost: false,
      recoveryAction: null,
    })
  })

  it.for([
    ['mig', 1, 66.92],
    ['two-cards', 0, 391.25],
    ['new-driver', 0, 3.97],
    ['old-driver', 0, null],
  ] as const)('finds the power where the driver of %s tells it', ([name, at, powerW]) => {
    expect(cardsOf(recording(name))[at]?.powerW).toBe(powerW)
  })

  it('reads MIG devices, and takes "None" for none', () => {
    const [plain, split] = cardsOf(recording('mig'))
    expect(plain).toMatchObject({ isMigEnabled: false, migDevices: [] })
    expect(split).toMatchObject({
      isMigEnabled: true,
      migDevices: [
        { index: 0, uuid: null, memory: { totalMb: 19_968, usedMb: 19, freeMb: 19_948 } },
        { index: 1, uuid: null, memory: { totalMb: 9856, usedMb: 5120, freeMb: 4736 } },
      ],
    })
  })

  it("has no memory for boards that compute in the machine's", () => {
    expect(cardsOf(recording('unified-memory'))[0]).toMatchObject({
      pciBusId: '000f:01:00.0',
      memory: { totalMb: null, usedMb: null, freeMb: null },
      hasSharedMemory: true,
      powerW: 37.11,
    })
  })

  it('does not take memory that could not be read for memory of the machine', () => {
    for (const text of ['[Unknown Error]', '[Insufficient Permissions]', '']) {
      const output = recording('two-cards').replace('<total>24564 MiB</total>', `<total>${text}</total>`)
      expect(cardsOf(output)[0]).toMatchObject({ hasSharedMemory: false, memory: { totalMb: null } })
    }
  })

  it('reads what the driver wants done, and errors that could not be repaired', () => {
    const [sick, erring] = cardsOf(recording('needs-reset'))
    expect(sick).toMatchObject({ recoveryAction: 'reset', uncorrectedEccErrors: 4 })
    expect(erring).toMatchObject({ recoveryAction: null, uncorrectedEccErrors: 2 })
  })

  it('passes over messages around the XML', () => {
    expect(cardsOf(recording('lost-card'))).toHaveLength(1)
  })

  it('tells a card that is lost by its fields', () => {
    expect(cardsOf(recording('lost-fields')).map(({ isLost, uuid, name }) => [isLost, uuid, name])).toEqual([
      [false, 'GPU-1d6ae4f1-5a3c-4c1f-9f0e-3a51b7c2d001', 'NVIDIA GeForce RTX 4090'],
      [true, null, null],
    ])
  })

  it.for([
    'product_name',
    'uuid',
    'compute_mode',
    'gpu_util',
    'gpu_temp',
    'power_draw',
    'total',
    'used',
    'free',
    'persistence_mode',
  ])('takes any way to say nothing in <%s> for nothing, and the rest as ever', (field) => {
    const whole = cardsOf(recording('two-cards'))[0]
    for (const text of NO_VALUES) {
      const [card] = cardsOf(
        recording('two-cards').replace(new RegExp(`<${field}>.*</${field}>`), `<${field}>${text}</${field}>`),
      )
      expect(card?.pciBusId).toBe(whole?.pciBusId)
      expect(JSON.stringify(card)).not.toContain(text === '' ? '""' : text)
    }
  })

  it('reads escaped characters in names', () => {
    const output = recording('two-cards').replace('NVIDIA GeForce RTX 4090', 'A &amp; B')
    expect(cardsOf(output)[0]?.name).toBe('A & B')
  })

  it('expands no entities of the document type', () => {
    const output = recording('two-cards')
      .replace(/<!DOCTYPE.*>/, '<!DOCTYPE nvidia_smi_log [<!ENTITY x "secret">]>')
      .replace('NVIDIA GeForce RTX 4090', '&x;')
    expect(JSON.stringify(parseNvidiaSmi(output))).not.toContain('secret')
  })

  it.for([
    ['', /empty/],
    ['not xml', /no <nvidia_smi_log>: "not xml"/],
    ['<nvidia_smi_log><gpu>', /ends in the middle/],
    ['<nvidia_smi_log><a></b></nvidia_smi_log>', /not well-formed/],
    ['<nvidia_smi_log></nvidia_smi_log>', /neither a driver nor a GPU/],
  ] as const)('makes a problem of %j', ([output, reason]) => {
    expect(parseNvidiaSmi(output)).toMatchObject({ ok: false, reason: expect.stringMatching(reason) })
  })

  it('never throws, wherever an output is cut off', () => {
    const output = recording('mig')
    fc.assert(
      fc.property(fc.nat(output.length - 2), (length) => {
        expect(parseNvidiaSmi(output.slice(0, length)).ok).toBe(false)
      }),
    )
  })

  it('says in few words what is wrong with a long piece of XML', () => {
    const result = parseNvidiaSmi(`<nvidia_smi_log>${'<a'.repeat(100_000)}</nvidia_smi_log>`)
    expect(result).toMatchObject({ ok: false, reason: expect.stringMatching(/^is not well-formed XML: .{1,121}$/s) })
  })

  it('never throws, whatever is put in the place of something', () => {
    const output = recording('mig')
    const junk = fc.oneof(
      fc.string(),
      fc.constantFrom('<', '</gpu>', '<gpu>', '&x;', ']]>', '<!--', '<__proto__>x</__proto__>', '\u0000', '<gpu/>'),
    )
    fc.assert(
      fc.property(fc.nat(output.length), fc.nat(200), junk, (at, length, text) => {
        const result = parseNvidiaSmi(output.slice(0, at) + text + output.slice(at + length))
        const figures = result.ok
          ? result.log.cards.flatMap(({ memory, powerW }) => [memory.totalMb, powerW])
          : [result.reason.length]
        expect(figures.every((figure) => figure === null || figure >= 0)).toBe(true)
      }),
      { numRuns: 300 },
    )
  })

  it('never throws on trees of any shape with the names it knows', () => {
    const name = fc.constantFrom(
      'gpu',
      'mig_devices',
      'mig_device',
      'uuid',
      'fb_memory_usage',
      'total',
      'pci',
      'ecc_errors',
      'volatile',
      'index',
      'utilization',
    )
    const { tree } = fc.letrec<{ tree: string }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom('N/A', '1 MiB', ''),
        fc
          .array(fc.tuple(name, tie('tree')), { maxLength: 4 })
          .map((parts) => parts.map(([tag, inner]) => `<${tag}>${inner}</${tag}>`).join('')),
      ),
    }))
    fc.assert(
      fc.property(tree, (inner) => {
        expect(parseNvidiaSmi(`<nvidia_smi_log><driver_version>1</driver_version>${inner}</nvidia_smi_log>`).ok).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})
