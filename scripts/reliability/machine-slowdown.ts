const SPIN_US = 10_000

/** How much longer than alone a computation takes on this machine now: 1 on an idle one. Computes for 10 ms. */
export function machineSlowdown(): number {
  const startedMs = performance.now()
  const before = process.cpuUsage()
  for (;;) {
    const { user, system } = process.cpuUsage(before)
    if (user + system >= SPIN_US) return (performance.now() - startedMs) / ((user + system) / 1000)
  }
}
