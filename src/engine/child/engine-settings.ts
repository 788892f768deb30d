import { z } from 'zod'

/** What the host tells a child on its command line. */
export const engineSettings = z.object({
  acceleration: z.enum(['gpu', 'cpu']),
  /** CPU threads; 0 lets the engine choose. */
  threads: z.int().min(0),
  /** Runs at a time. */
  parallelRuns: z.int().min(1),
})

export type EngineSettings = Readonly<z.infer<typeof engineSettings>>
