import { onTestFinished } from 'vitest'
import type { Capabilities, Heartbeat } from '../../src/domain/coordinator.ts'
import type { GpuReading } from '../../src/domain/gpu.ts'
import { ActiveJob, ActiveJobs } from '../../src/worker/active-jobs.ts'
import { CoordinatorHealth } from '../../src/worker/coordinator-health.ts'
import { runHeartbeatLoop } from '../../src/worker/heartbeat-loop.ts'
import { LoopProgress } from '../../src/worker/loop-progress.ts'
import { PollGate } from '../../src/worker/poll-gate.ts'
import { ServerClock } from '../../src/worker/server-clock.ts'
import { Slots } from '../../src/worker/slots.ts'
import { WakeUp } from '../../src/worker/wake-up.ts'
import { FakeClock } from './fake-clock.ts'
import { FakeCoordinator } from './fake-coordinator.ts'
import { RecordedFaults } from './recorded-faults.ts'
import { RecordingLogger } from './recording-logger.ts'
import { coreJob } from './sample-jobs.ts'

/** Of a small machine. */
export const CAPABILITIES: Capabilities = {
  minerId: 'm',
  mode: 'cpu',
  hasGpu: false,
  concurrency: 1,
  workloads: [],
  limits: { vramMb: null, ramMb: 1, maxRuntimeS: 1, maxOutputBytes: 1 },
  version: '1',
  cpu: { model: 'c', cores: 1, arch: 'x64' },
  gpus: [],
  models: [],
  bench: {},
  publicKey: 'k',
}

/** A heartbeat loop on a fake clock against a fake coordinator, stopped when the test has finished. */
export function heartbeatRig() {
  const clock = new FakeClock()
  const logger = new RecordingLogger()
  const coordinator = new FakeCoordinator()
  const activeJobs = new ActiveJobs()
  const gate = new PollGate(['no_contact_yet'])
  const wakeUp = new WakeUp(clock)
  const stop = new AbortController()
  let status: Heartbeat['status'] = 'online'
  const wishes: (number | null)[] = []
  let capabilities = CAPABILITIES
  const readings: GpuReading[] = []
  const renewedLeases: string[] = []
  const faults = new RecordedFaults()
  const journal = { renewLease: (_seq: number, lease: { readonly id: string }): void => void renewedLeases.push(lease.id) }
  const progress = new LoopProgress('heartbeat', clock)
  const run = (): void => {
    const running = runHeartbeatLoop(
      {
        coordinator,
        health: new CoordinatorHealth({ clock, logger }),
        activeJobs,
        slots: new Slots(1),
        gate,
        serverClock: new ServerClock(clock),
        journal,
        faults,
        heartbeatMs: 20_000,
        requestTimeoutMs: 30_000,
        progress,
        capabilities: () => capabilities,
        gpuReadings: () => Promise.resolve(readings),
        status: () => status,
        clock,
        random: () => 1,
        logger,
        wakeUp,
        onRegistered: ({ pollWaitS }) => wishes.push(pollWaitS),
      },
      stop.signal,
    )
    onTestFinished(async () => {
      stop.abort()
      await running
    })
  }
  const hold = (id: string, leaseMs: number | null): ActiveJob => {
    const lease = leaseMs === null ? null : { id: `L-${id}`, expiresAt: new Date(clock.nowMs() + leaseMs).toISOString() }
    const job = new ActiveJob({ seq: 1, job: coreJob(id, { lease }) }, clock.monotonicMs())
    activeJobs.add(job)
    return job
  }
  const setCapabilities = (next: Capabilities): void => {
    capabilities = next
  }
  const setStatus = (next: Heartbeat['status']): void => {
    status = next
    wakeUp.notify()
  }
  return {
    clock,
    logger,
    coordinator,
    activeJobs,
    gate,
    wakeUp,
    progress,
    stop,
    run,
    hold,
    setStatus,
    setCapabilities,
    readings,
    wishes,
    renewedLeases,
    journal,
    faults,
  }
}
