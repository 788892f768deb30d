import fc from 'fast-check'

/** Processor time of one input: what grows out of bounds is far above it, and no machine is too slow for it. */
const MAX_CPU_MS = 5_000
/** What one input may leave allocated outside of the heap. */
const MAX_BUFFER_BYTES = 64 * 1024 * 1024
const MAX_SHOWN = 4_000

/** How long and from where a target is run. */
export interface FuzzOptions {
  readonly seed: number
  /** Where a failure was found: with the seed, that input again. */
  readonly path?: string
  readonly maxRuns: number
  readonly maxMs?: number
  /** Called before each input, for who watches over an input that never ends. */
  readonly onRun?: () => void
}

export interface FuzzFailure {
  readonly path: string
  /** The smallest input that was found to fail, as JavaScript. */
  readonly input: string
  readonly reason: string
}

export interface FuzzResult {
  readonly runs: number
  readonly failure: FuzzFailure | null
}

/** Something that reads what strangers write, with the inputs to attack it by and what must hold for each. */
export interface FuzzTarget {
  readonly name: string
  /** Inputs in a run of all tests: fewer for those that go over a socket or the disk. */
  readonly runsInTests: number
  fuzz(options: FuzzOptions): Promise<FuzzResult>
}

/** What a target holds for each input; `close` ends what it had to open. */
export interface Attack<Input> {
  /** Throws, or rejects, when the input does harm. */
  readonly holds: (input: Input) => void | Promise<void>
  readonly close?: () => void | Promise<void>
}

export interface FuzzTargetSpec<Input> {
  readonly name: string
  /** @default 250 */
  readonly runsInTests?: number
  readonly input: () => fc.Arbitrary<Input>
  readonly open: () => Attack<Input> | Promise<Attack<Input>>
}

/**
 * Makes a target. Beyond what `holds` checks, each input must be done with in bounded processor time, leave no large
 * buffers behind, and leave the prototypes of all objects alone.
 */
export function fuzzTarget<Input>({ name, runsInTests = 250, input, open }: FuzzTargetSpec<Input>): FuzzTarget {
  return {
    name,
    runsInTests,
    async fuzz({ seed, path, maxRuns, maxMs, onRun }) {
      const { holds, close } = await open()
      const property = fc.asyncProperty(input(), async (value) => {
        onRun?.()
        await withinBounds(() => holds(value))
      })
      try {
        const details = await fc.check(property, {
          seed,
          numRuns: maxRuns,
          ...(path === undefined ? {} : { path }),
          ...(maxMs === undefined ? {} : { interruptAfterTimeLimit: maxMs, markInterruptAsFailure: false }),
        })
        return { runs: details.numRuns, failure: details.failed ? failureOf(details) : null }
      } finally {
        await close?.()
      }
    },
  }
}

async function withinBounds(run: () => void | Promise<void>): Promise<void> {
  const buffersBefore = process.memoryUsage().arrayBuffers
  const cpuBefore = process.cpuUsage()
  await run()
  const { user, system } = process.cpuUsage(cpuBefore)
  const grownBytes = process.memoryUsage().arrayBuffers - buffersBefore
  const cpuMs = (user + system) / 1000
  if (cpuMs > MAX_CPU_MS) throw new Error(`took ${Math.round(cpuMs)} ms of processor time, over ${MAX_CPU_MS}`)
  if (grownBytes > MAX_BUFFER_BYTES) throw new Error(`left ${grownBytes} bytes in buffers, over ${MAX_BUFFER_BYTES}`)
  const grown = Object.keys(Object.prototype).concat(Object.keys(Array.prototype))
  if (grown.length > 0) throw new Error(`gave all objects the properties ${grown.join(', ')}`)
}

function failureOf<Input>({ counterexample, counterexamplePath, errorInstance }: fc.RunDetails<[Input]>): FuzzFailure {
  const shown = fc.stringify(counterexample?.[0])
  return {
    path: counterexamplePath ?? '',
    input: shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}… (${shown.length} characters)` : shown,
    reason: errorInstance instanceof Error ? (errorInstance.stack ?? errorInstance.message) : String(errorInstance),
  }
}
