import type { Gpu } from '../domain/gpu.ts'
import { toPciAddress } from './pci-address.ts'

export type GpuSelection =
  /** In the order of their indices, usable or not; a split card's MIG devices stand in its place. */
  | { readonly ok: true; readonly gpus: readonly Gpu[] }
  /** One sentence that names what is wrong and what there is. */
  | { readonly ok: false; readonly message: string }

/**
 * What `GPU_DEVICES` means on this machine. A name is one of
 *
 * - `all`: every GPU, except Vulkan in software, which must be named
 * - `none`: no GPU
 * - an index as in the list of GPUs; for NVIDIA cards, nvidia-smi's; `0:1` is MIG device 1 of GPU 0, as in `nvidia-smi -L`
 * - a UUID, or as many of its first characters as tell it from others, with or without `GPU-` or `MIG-`
 * - a PCI address, with or without its domain
 *
 * A card that is split into MIG devices stands for all of them.
 */
export function selectGpus(gpus: readonly Gpu[], devices: readonly string[]): GpuSelection {
  const chosen = new Set<Gpu>()
  for (const name of devices) {
    if (name === 'none') {
      if (devices.length > 1) return { ok: false, message: 'GPU_DEVICES has "none" beside other names: leave one of them out' }
      continue
    }
    const named = name === 'all' ? gpus.filter(({ vendor }) => vendor !== 'software') : gpusNamed(gpus, name)
    if (named.length === 0 && name !== 'all')
      return { ok: false, message: `GPU_DEVICES names ${JSON.stringify(name)}, which is not here: ${whatIsHere(gpus)}` }
    if (name !== 'all' && named.length > 1)
      return {
        ok: false,
        message: `GPU_DEVICES names ${JSON.stringify(name)}, which fits several GPUs: give more of the UUID; ${whatIsHere(gpus)}`,
      }
    for (const gpu of named) for (const part of withParts(gpus, gpu)) chosen.add(part)
  }
  return { ok: true, gpus: [...chosen].toSorted((a, b) => a.index - b.index) }
}

function gpusNamed(gpus: readonly Gpu[], name: string): readonly Gpu[] {
  if (/^\d{1,4}$/.test(name)) return gpus.filter(({ index }) => index === Number(name))
  const [, card, part] = /^(\d{1,4}):(\d{1,4})$/.exec(name) ?? []
  if (card !== undefined && part !== undefined) return partsOf(gpus, Number(card)).slice(Number(part), Number(part) + 1)
  const address = toPciAddress(name)
  if (address !== null) return gpus.filter(({ pciBusId, parentIndex }) => pciBusId === address && parentIndex === null)
  return byUuid(gpus, name.toLowerCase())
}

/** A whole UUID wins over others that it begins. */
function byUuid(gpus: readonly Gpu[], name: string): readonly Gpu[] {
  const whole = gpus.filter((gpu) => uuidForms(gpu).includes(name))
  return whole.length > 0 ? whole : gpus.filter((gpu) => uuidForms(gpu).some((form) => form.startsWith(name)))
}

/** With and without its prefix, in lower case. */
function uuidForms(gpu: Gpu): string[] {
  const uuid = gpu.uuid?.toLowerCase()
  return uuid === undefined ? [] : [uuid, uuid.replace(/^(?:gpu|mig)-/, '')]
}

function withParts(gpus: readonly Gpu[], gpu: Gpu): readonly Gpu[] {
  const parts = partsOf(gpus, gpu.index)
  return parts.length > 0 ? parts : [gpu]
}

function partsOf(gpus: readonly Gpu[], index: number): readonly Gpu[] {
  return gpus.filter(({ parentIndex, problem }) => parentIndex === index && problem?.code !== 'lost')
}

function whatIsHere(gpus: readonly Gpu[]): string {
  if (gpus.length === 0) return 'this machine has no GPU that the miner can see'
  const lines = gpus.map(
    ({ index, name, uuid, pciBusId }) => `${index} (${[name, uuid, pciBusId].filter((fact) => fact !== null).join(', ')})`,
  )
  return `there are ${lines.join(', ')}`
}
