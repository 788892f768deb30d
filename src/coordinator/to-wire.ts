import type { Capabilities, Heartbeat, JobEvent } from '../domain/coordinator.ts'
import type { JobFailure } from '../domain/failure-codes.ts'
import type { GpuReading } from '../domain/gpu.ts'
import type { Job } from '../domain/job.ts'
import type { JobMetrics, JobOutput, Proved } from '../domain/outcome.ts'
import type { WireCapabilities } from '../protocol/capabilities.ts'
import type { WireFail } from '../protocol/fail.ts'
import type { WireHeartbeat } from '../protocol/heartbeat.ts'
import type { WireJobEvents } from '../protocol/job-events.ts'
import type { WireProof, WireProofOutput } from '../protocol/proof.ts'

/** Who sends: the fields that every core body names. */
export interface Sender {
  readonly minerId: string
  readonly wallet: string
  readonly mode: 'gpu' | 'cpu'
  readonly hasGpu: boolean
}

/** The body of a registration. What is not known is left out, since null would say that it is nothing. */
export function toWireCapabilities(capabilities: Capabilities): WireCapabilities {
  const { limits } = capabilities
  return {
    miner_id: capabilities.minerId,
    mode: capabilities.mode,
    gpu: capabilities.hasGpu,
    concurrency: capabilities.concurrency,
    workloads: [...capabilities.workloads],
    limits: {
      ...(limits.vramMb === null ? {} : { vram_mb: limits.vramMb }),
      ram_mb: limits.ramMb,
      max_runtime_s: limits.maxRuntimeS,
      max_output_bytes: limits.maxOutputBytes,
    },
    version: capabilities.version,
    gpus: capabilities.gpus.map(({ index, uuid, name, vramMb, driver, backend }) => ({
      index,
      ...(uuid === null ? {} : { uuid }),
      name,
      ...(vramMb === null ? {} : { vram_mb: vramMb }),
      ...(driver === null ? {} : { driver }),
      backend,
    })),
    cpu: capabilities.cpu,
    models: capabilities.models.map(({ name, sha256, workload }) => ({ name, ...(sha256 === null ? {} : { sha256 }), workload })),
    ...(Object.keys(capabilities.bench).length === 0 ? {} : { bench: { ...capabilities.bench } }),
    public_key: capabilities.publicKey,
  }
}

export function toWireHeartbeat(sender: Sender, heartbeat: Heartbeat): WireHeartbeat {
  return {
    miner_id: sender.minerId,
    wallet: sender.wallet,
    mode: sender.mode,
    gpu: sender.hasGpu,
    status: heartbeat.status,
    slots: heartbeat.slots,
    jobs: heartbeat.jobs.map((job) => ({
      id: job.id,
      ...(job.leaseId === null ? {} : { lease_id: job.leaseId }),
      state: job.state,
      ...(job.progress === null ? {} : { progress: job.progress }),
    })),
    ...(heartbeat.gpus.length === 0 ? {} : { gpus: heartbeat.gpus.map(toWireReading) }),
    ...(heartbeat.capabilities === null ? {} : { capabilities: toWireCapabilities(heartbeat.capabilities) }),
  }
}

/** Absent where the driver does not tell. */
function toWireReading({
  index,
  utilPct,
  temperatureC,
  powerW,
  vramUsedMb,
}: GpuReading): NonNullable<WireHeartbeat['gpus']>[number] {
  return {
    index,
    ...(utilPct === null ? {} : { util_pct: utilPct }),
    ...(temperatureC === null ? {} : { temp_c: temperatureC }),
    ...(powerW === null ? {} : { power_w: powerW }),
    ...(vramUsedMb === null ? {} : { vram_used_mb: vramUsedMb }),
  }
}

/** `inline` is the output's text when it travels in the proof; null when it was uploaded or stays here. */
export function toWireProof(minerId: string, job: Job, proved: Proved, inline: Uint8Array | null): WireProof {
  return {
    id: job.id,
    miner_id: minerId,
    mode: proved.mode,
    output_sha: proved.output.sha256,
    metrics: { ...proved.metrics },
    ...(job.lease === null ? {} : { lease_id: job.lease.id }),
    attempt: job.attempt,
    started_at: proved.startedAt,
    finished_at: proved.finishedAt,
    output: toWireOutput(proved.output, inline),
    ...(proved.poc === null
      ? {}
      : {
          poc: {
            alg: 'ed25519',
            public_key: proved.poc.publicKey,
            input_sha: proved.poc.inputSha,
            env_sha: proved.poc.envSha,
            signature: proved.poc.signature,
          },
        }),
  }
}

function toWireOutput(output: JobOutput, inline: Uint8Array | null): WireProofOutput {
  const described = { media_type: output.mediaType, bytes: output.sizeBytes }
  if (inline === null) return described
  const isText = output.mediaType.startsWith('text/') || output.mediaType.startsWith('application/json')
  const bytes = Buffer.from(inline.buffer, inline.byteOffset, inline.byteLength)
  return { ...described, inline: { encoding: isText ? 'utf8' : 'base64', data: bytes.toString(isText ? 'utf8' : 'base64') } }
}

/** The body of `fail`; without lease and attempt where the coordinator has named none. */
export function toWireFail(
  minerId: string,
  job: { readonly id: string; readonly leaseId: string | null; readonly attempt: number | null },
  failure: JobFailure,
  metrics: JobMetrics,
): WireFail {
  return {
    id: job.id,
    miner_id: minerId,
    ...(job.leaseId === null ? {} : { lease_id: job.leaseId }),
    ...(job.attempt === null ? {} : { attempt: job.attempt }),
    error: { code: failure.code, message: failure.message, retryable: failure.retryable },
    metrics: { ...metrics },
  }
}

export function toWireEvents(events: readonly JobEvent[]): WireJobEvents {
  return events.map((event) => ({ seq: event.seq, at: event.at, type: event.progress.type, data: event.progress.data }))
}
