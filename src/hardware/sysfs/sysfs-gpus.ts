import { join } from 'node:path'
import { toPciAddress } from '../pci-address.ts'
import { listSysfs, readSysfsNumber, readSysfsText } from './read-sysfs.ts'

/** A graphics or accelerator card on the PCI bus, as the kernel lists it, whether or not a driver has it. */
export interface SysfsGpu {
  readonly pciBusId: string
  readonly vendor: 'nvidia' | 'amd' | 'intel'
  readonly vendorId: number
  readonly deviceId: number
  /** The kernel driver that has it, e.g. `amdgpu`; null when none has. */
  readonly kernelDriver: string | null
  /** Memory of its own as the driver tells it, which amdgpu alone does. */
  readonly vramMb: number | null
}

/** What an AMD or Intel card is doing. Null for what its driver does not tell. */
export interface SysfsGpuReading {
  readonly utilPct: number | null
  readonly temperatureC: number | null
  readonly powerW: number | null
  readonly vramUsedMb: number | null
  readonly vramFreeMb: number | null
}

const VENDORS: Readonly<Record<number, SysfsGpu['vendor']>> = { 0x10de: 'nvidia', 0x1002: 'amd', 0x8086: 'intel' }

/** Display controllers (base class 03) and processing accelerators (12), as PCI numbers classes. */
const GPU_CLASSES = new Set([0x03, 0x12])

const MIB = 2 ** 20

/**
 * The GPUs of these three vendors, by PCI address. `root` is `/sys`. The folder of a device on the bus is the one that
 * `device` in `/sys/class/drm/card0` links to, and is there without a driver too.
 */
export async function findSysfsGpus(root: string): Promise<SysfsGpu[]> {
  const folders = await listSysfs(join(root, 'bus/pci/devices'))
  const gpus = await Promise.all(folders.map(readGpu))
  return gpus.filter((gpu) => gpu !== null)
}

async function readGpu(folder: string): Promise<SysfsGpu | null> {
  const uevent = parseUevent((await readSysfsText(join(folder, 'uevent'))) ?? '')
  const classCode = Number.parseInt(uevent.get('PCI_CLASS') ?? '', 16)
  if (!GPU_CLASSES.has(Math.floor(classCode / 0x1_00_00))) return null
  const [vendorId = Number.NaN, deviceId = Number.NaN] = (uevent.get('PCI_ID') ?? '')
    .split(':')
    .map((id) => Number.parseInt(id, 16))
  const vendor = VENDORS[vendorId]
  const pciBusId = toPciAddress(uevent.get('PCI_SLOT_NAME') ?? '')
  if (vendor === undefined || pciBusId === null || Number.isNaN(deviceId)) return null
  const vramBytes = await readSysfsNumber(join(folder, 'mem_info_vram_total'))
  return {
    pciBusId,
    vendor,
    vendorId,
    deviceId,
    kernelDriver: uevent.get('DRIVER') ?? null,
    vramMb: vramBytes === null ? null : Math.floor(vramBytes / MIB),
  }
}

/** Reads what the card at this address is doing; all null when it is gone. */
export async function readSysfsGpu(root: string, pciBusId: string): Promise<SysfsGpuReading> {
  const folder = join(root, 'bus/pci/devices', pciBusId)
  const [sensors] = await listSysfs(join(folder, 'hwmon'))
  const sensor = async (name: string): Promise<number | null> =>
    sensors === undefined ? null : await readSysfsNumber(join(sensors, name))
  const [utilPct, used, total, milliC, averageUw, inputUw] = await Promise.all([
    readSysfsNumber(join(folder, 'gpu_busy_percent')),
    readSysfsNumber(join(folder, 'mem_info_vram_used')),
    readSysfsNumber(join(folder, 'mem_info_vram_total')),
    sensor('temp1_input'),
    sensor('power1_average'),
    // Newer cards tell the power of the moment instead of an average.
    sensor('power1_input'),
  ])
  const powerUw = averageUw ?? inputUw
  return {
    utilPct: utilPct === null || utilPct < 0 ? null : utilPct,
    temperatureC: milliC === null ? null : milliC / 1000,
    powerW: powerUw === null || powerUw < 0 ? null : powerUw / 1e6,
    vramUsedMb: used === null ? null : Math.ceil(used / MIB),
    vramFreeMb: used === null || total === null ? null : Math.max(0, Math.floor((total - used) / MIB)),
  }
}

function parseUevent(text: string): ReadonlyMap<string, string> {
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const at = line.indexOf('=')
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)]]
    }),
  )
}
