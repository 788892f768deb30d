import { z } from 'zod'

/** What the library computes with. */
export const engineBackend = z.enum(['cpu', 'cuda', 'vulkan', 'webgpu'])

export type EngineBackend = z.infer<typeof engineBackend>

/** What the host tells a child on its command line. */
export const engineSettings = z.object({
  /** To be tried in this order. A GPU back end sees the one card that the child's environment leaves visible. */
  backends: z.array(engineBackend).min(1),
  /** CPU threads; 0 lets the engine choose. */
  threads: z.int().min(0),
  /** Runs at a time. */
  parallelRuns: z.int().min(1),
  /** Context of each run of a language model; null for what the model was trained for, as far as memory allows. */
  contextTokens: z.int().positive().nullable(),
  /** Memory that models may take, in MiB: of the machine, and of the card. Null: what is free. */
  ramMb: z.number().positive().nullable(),
  vramMb: z.number().positive().nullable(),
})

export type EngineSettings = Readonly<z.infer<typeof engineSettings>>
