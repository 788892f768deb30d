/** What changes the store, each one transaction. */
const OPERATIONS = ['submit', 'cancel', 'register', 'heartbeat', 'lease', 'events', 'upload', 'proof', 'fail', 'sweep'] as const

export type Operation = (typeof OPERATIONS)[number]
export type CrashPoint = `${Operation}:${'before-commit' | 'after-commit'}`

/**
 * Every point at which the death of the coordinator leaves another state behind: `X:before-commit`, as if the call had never
 * come; `X:after-commit`, all of it stands and the caller was told nothing.
 */
export const CRASH_POINTS: readonly CrashPoint[] = OPERATIONS.flatMap((name): CrashPoint[] => [
  `${name}:before-commit`,
  `${name}:after-commit`,
])
