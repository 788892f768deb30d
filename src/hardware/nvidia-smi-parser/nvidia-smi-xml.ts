import { z } from 'zod'

/** Text of an element; null where it is missing, empty or not a leaf. */
const Text = z.string().nullish().catch(null)

/** A group of elements; empty where it is missing, or a text like `N/A` stands in its place. */
function group<T extends z.ZodRawShape>(shape: T) {
  const schema = z.object(shape)
  return schema.catch(() => schema.parse({}))
}

const MemoryXml = group({ total: Text, used: Text, free: Text, reserved: Text })

const EccCountsXml = group({
  dram_uncorrectable: Text,
  sram_uncorrectable: Text,
  sram_uncorrectable_parity: Text,
  sram_uncorrectable_secded: Text,
  /** Older cards. */
  double_bit: group({ total: Text }),
})

const PowerXml = group({ power_draw: Text, instant_power_draw: Text, average_power_draw: Text })

const MigDeviceXml = group({
  index: Text,
  uuid: Text,
  gpu_instance_id: Text,
  compute_instance_id: Text,
  fb_memory_usage: MemoryXml,
})

const GpuXml = group({
  '@id': Text,
  product_name: Text,
  uuid: Text,
  persistence_mode: Text,
  compute_mode: Text,
  gpu_recovery_action: Text,
  mig_mode: group({ current_mig: Text }),
  mig_devices: group({ mig_device: z.array(MigDeviceXml).catch([]) }),
  pci: group({ pci_bus_id: Text }),
  fb_memory_usage: MemoryXml,
  utilization: group({ gpu_util: Text }),
  ecc_errors: group({ volatile: EccCountsXml }),
  temperature: group({ gpu_temp: Text }),
  /** Drivers before 530. */
  power_readings: PowerXml,
  gpu_power_readings: PowerXml,
  module_power_readings: PowerXml,
})

/** The part of `nvidia-smi -q -x` that is read. No element is relied on: each may be missing or hold something else. */
export const NvidiaSmiXmlSchema = z.object({
  nvidia_smi_log: group({
    driver_version: Text,
    cuda_version: Text,
    attached_gpus: Text,
    gpu: z.array(GpuXml).catch([]),
  }),
})

export type GpuXml = z.infer<typeof GpuXml>
export type MigDeviceXml = z.infer<typeof MigDeviceXml>
export type PowerXml = z.infer<typeof PowerXml>
