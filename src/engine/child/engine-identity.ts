/** What an inference library is and what it computes on. */
export interface EngineIdentity {
  readonly name: string
  readonly version: string
  /** `cpu`, `cuda`, `vulkan`, … */
  readonly backend: string
  /** The device's name; `cpu` for the processor. */
  readonly device: string
}
