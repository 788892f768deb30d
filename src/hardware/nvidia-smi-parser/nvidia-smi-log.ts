/** What `nvidia-smi -q -x` says, as far as it decides what a card can be used for and what it is doing. */
export interface NvidiaSmiLog {
  readonly driverVersion: string | null
  /** The highest CUDA version that the driver serves. */
  readonly cudaVersion: string | null
  /** In nvidia-smi's order, which is that of the PCI addresses. */
  readonly cards: readonly NvidiaCard[]
}

/** One board. Null stands for what the driver does not tell. */
export interface NvidiaCard {
  /** Form of `lspci -D`. */
  readonly pciBusId: string | null
  readonly uuid: string | null
  readonly name: string | null
  readonly memory: NvidiaMemory
  /** It has no memory of its own and computes in the machine's, as Jetson and GB10 do. */
  readonly hasSharedMemory: boolean
  readonly utilPct: number | null
  readonly temperatureC: number | null
  readonly powerW: number | null
  readonly computeMode: string | null
  readonly isPersistent: boolean | null
  /** Errors since the driver was loaded that memory protection could not repair. */
  readonly uncorrectedEccErrors: number | null
  readonly isMigEnabled: boolean
  readonly migDevices: readonly NvidiaMigDevice[]
  /** The driver says that the card does not answer any more. */
  readonly isLost: boolean
  /** What the driver asks for before the card is used again; `drain`: it still works, and should be reset when it is idle. */
  readonly recoveryAction: 'reset' | 'reboot' | 'drain' | null
}

/** A part of a card that is used like a card. */
export interface NvidiaMigDevice {
  /** Its number on the card, as in `nvidia-smi -L`. */
  readonly index: number
  /** Some drivers leave it out here and tell it in `nvidia-smi -L` only. */
  readonly uuid: string | null
  readonly memory: NvidiaMemory
}

/** In MiB; null for what the driver does not tell, and on boards without memory of their own. */
export interface NvidiaMemory {
  readonly totalMb: number | null
  readonly usedMb: number | null
  readonly freeMb: number | null
}
