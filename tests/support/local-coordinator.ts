import { onTestFinished } from 'vitest'
import { startCoordinator } from '../../mock-coordinator/server.ts'
import type { Coordinator, CoordinatorOptions } from '../../mock-coordinator/server.ts'
import { Client } from '../../scripts/local-chain/client.ts'

/** The mock coordinator in this process, on a free port, closed when the test has finished, and a client of it. */
export async function localCoordinator(options: CoordinatorOptions = {}): Promise<{ coordinator: Coordinator; client: Client }> {
  const coordinator = await startCoordinator(options)
  onTestFinished(() => coordinator.close())
  return { coordinator, client: new Client(coordinator.url, 'client-key') }
}
