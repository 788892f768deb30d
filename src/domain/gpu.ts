export type GpuVendor = 'nvidia' | 'amd' | 'intel' | 'other' | 'software'

/** What is wrong with a GPU, or with the way to ask about GPUs. Decisions read the code, people the message. */
export interface GpuProblem {
  readonly code: GpuProblemCode
  /** What is the matter and what the operator should do; lower-case start, no full stop. */
  readonly message: string
}

export type GpuProblemCode =
  /** There is a card, but not the program that asks its driver. */
  | 'no-program'
  /** No kernel driver has the card, or the driver does not answer. */
  | 'no-driver'
  /** Kernel module and user-space library are of different versions, as after an upgrade without a reboot. */
  | 'driver-mismatch'
  | 'no-permission'
  /** The program did not answer in time, as with a sick driver. */
  | 'timeout'
  /** The program answered something that makes no sense. */
  | 'bad-output'
  /** The program failed in another way. */
  | 'failed'
  /** The card does not answer any more: it fell off the bus, or was taken away. */
  | 'lost'
  /** The driver asks for a reset of the card, or for a reboot. */
  | 'needs-reset'
  /** Its memory had errors that could not be repaired; it still works. */
  | 'ecc-errors'
  /** The card is split into MIG devices, which are listed by themselves. */
  | 'mig-parent'
  /** A MIG device whose UUID nobody tells cannot be addressed. */
  | 'mig-without-uuid'
  /** Its compute mode lets nobody compute. */
  | 'prohibited'
  /** No Vulkan driver sees the card. */
  | 'no-vulkan'

/** One GPU, or one MIG device of a GPU, on which an engine can be placed by itself. */
export interface Gpu {
  /**
   * Its position among this machine's GPUs, as reported to the coordinator. It stays the same while the daemon runs, even when
   * other cards vanish. NVIDIA cards come first, in the order of their PCI addresses, which is nvidia-smi's.
   */
  readonly index: number
  /** As its driver tells it: `GPU-…` and `MIG-…` for NVIDIA, the Vulkan device's for others; null when unknown. */
  readonly uuid: string | null
  readonly name: string
  readonly vendor: GpuVendor
  /** Memory of its own, in MiB; null when it shares the machine's, and when unknown. */
  readonly vramMb: number | null
  /** Whether it computes in the machine's memory, as integrated GPUs do. */
  readonly hasSharedMemory: boolean
  /** The driver's version, or its name where it has no version of its own; null when unknown. */
  readonly driver: string | null
  /** As in `lspci -D`: `0000:01:00.0`; null when it is not on a PCI bus, or unknown. */
  readonly pciBusId: string | null
  /** Of a MIG device, the index of the card it is part of; else null. */
  readonly parentIndex: number | null
  /** Whether CUDA can use it; `CUDA_VISIBLE_DEVICES` then takes its `uuid`. */
  readonly hasCuda: boolean
  /** Its number for `GGML_VK_VISIBLE_DEVICES`, the position in Vulkan's own enumeration; null when Vulkan does not see it. */
  readonly vulkanIndex: number | null
  /** The driver lets one process at a time use it. */
  readonly isExclusive: boolean
  /** Whether an engine can be placed on it. A usable one may still have a problem that an operator should know of. */
  readonly isUsable: boolean
  readonly problem: GpuProblem | null
}

/** What a GPU was doing at one moment. Null where its driver does not tell. */
export interface GpuReading {
  /** That of its `Gpu`. */
  readonly index: number
  readonly utilPct: number | null
  readonly temperatureC: number | null
  /** Of the whole board; null for a MIG device, which has no meter of its own. */
  readonly powerW: number | null
  readonly vramUsedMb: number | null
  readonly vramFreeMb: number | null
}

/** A change in what GPUs there are, or in what they can be used for. */
export interface GpuChange {
  readonly kind: 'appeared' | 'lost' | 'recovered'
  readonly gpu: Gpu
}
