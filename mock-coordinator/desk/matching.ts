import { z } from 'zod'
import type { JobRow } from '../store/job-table.ts'
import { address } from '../store/miner-registry.ts'
import type { Miner } from '../store/miner-registry.ts'

/** Why a queued job is not for a miner. `refused`: that miner has said that it cannot do this job. */
export type SkipReason = 'workload' | 'model' | 'vram' | 'gpu' | 'refused'

/** What one poll offers. `workloads` null takes all. */
export interface Offer {
  readonly minerAddress: string
  readonly workloads: ReadonlySet<string> | null
  readonly hasGpu: boolean
  readonly vramMb: number
  readonly models: ReadonlySet<string>
}

const RefusedBySchema = z.array(z.string())

/** What a miner offers by its last word; `named` are the workloads of the poll itself and go before the reported ones. */
export function offerOf(miner: Miner, named: readonly string[] | null): Offer {
  const { capabilities, heartbeat } = miner
  const gpu = heartbeat?.gpu ?? capabilities?.gpu ?? false
  const workloads = named ?? capabilities?.workloads ?? null
  return {
    minerAddress: address(miner.keyId, miner.minerId),
    workloads: workloads === null ? null : new Set(workloads),
    hasGpu: gpu === true || gpu === 1,
    vramMb: capabilities?.limits?.vram_mb ?? Math.max(0, ...(capabilities?.gpus ?? []).map((each) => each.vram_mb ?? 0)),
    models: new Set((capabilities?.models ?? []).flatMap((model) => [model.name, model.sha256 ?? model.name])),
  }
}

/** Null when the job fits the offer, else the first reason why not. */
export function whyNot(job: JobRow, offer: Offer): SkipReason | null {
  if (offer.workloads !== null && !offer.workloads.has(job.workload)) return 'workload'
  if (job.needs_gpu === 1 && !offer.hasGpu) return 'gpu'
  if (job.needs_vram_mb > offer.vramMb) return 'vram'
  if (job.needs_model !== null && !offer.models.has(job.needs_model)) return 'model'
  if (readRefusedBy(job).includes(offer.minerAddress)) return 'refused'
  return null
}

/** Addresses of the miners that have refused the job. */
export function readRefusedBy(job: JobRow): string[] {
  return job.refused_by === '[]' ? [] : RefusedBySchema.parse(JSON.parse(job.refused_by))
}
