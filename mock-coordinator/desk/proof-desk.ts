import { ReceiptSchema } from '../../src/protocol/proof.ts'
import type { WireProof, WireReceipt } from '../../src/protocol/proof.ts'
import { ApiError } from '../api-error.ts'
import type { Identity } from '../auth/key-ring.ts'
import { formatMoney, parseReward } from '../money.ts'
import type { Settings } from '../settings.ts'
import type { JobRow } from '../store/job-table.ts'
import type { Store } from '../store/store.ts'
import { findJob, judgeClaim, leaseLost } from './claim.ts'
import type { EventHub } from './event-hub.ts'
import { decodeInlineOutput, sha256Hex } from './inline-output.ts'
import { requiresOutput } from './job-document.ts'
import { checkPocSignature } from './poc-signature.ts'

export interface ProofAnswer {
  /** False when this proof was accepted before. */
  readonly isNew: boolean
  readonly receipt: WireReceipt
}

/** Takes proofs and pays for them, each job once. */
export class ProofDesk {
  readonly #deps: { readonly store: Store; readonly hub: EventHub; readonly settings: Settings }

  constructor(deps: { readonly store: Store; readonly hub: EventHub; readonly settings: Settings }) {
    this.#deps = deps
  }

  /** Checks holder, output and signature, completes the job and credits its reward. Runs inside the caller's transaction. */
  accept(identity: Identity, proof: WireProof): ProofAnswer {
    const { store } = this.#deps
    const job = findJob(store, proof.id)
    const minerId = proof.miner_id ?? identity.minerId
    const claim = { identity, minerId, leaseId: proof.lease_id ?? null, attempt: proof.attempt ?? null }
    const standing = judgeClaim(store, job, claim)
    if (standing.kind === 'former') throw leaseLost(job)
    if (standing.kind === 'settled') return { isNew: false, receipt: this.#repeatReceipt(job, proof) }
    this.#checkOutput(job, standing.leaseId, proof)
    checkPocSignature(proof, this.#holderOf(job)?.capabilities?.public_key ?? null)
    return { isNew: true, receipt: this.#settle(job, standing.leaseId, proof) }
  }

  #holderOf(job: JobRow) {
    return this.#deps.store.miners.find(job.holder_key ?? '', job.holder_miner ?? '')
  }

  #repeatReceipt(job: JobRow, proof: WireProof): WireReceipt {
    const receipt = ReceiptSchema.parse(JSON.parse(job.receipt ?? 'null'))
    if (receipt.output_sha === proof.output_sha) return receipt
    throw new ApiError('JOB_ALREADY_PROVEN', `job ${job.id} was proven with another output`, { id: job.id, receipt })
  }

  #checkOutput(job: JobRow, leaseId: string, proof: WireProof): void {
    const { outputs } = this.#deps.store
    const bytes = proof.output === null || proof.output === undefined ? null : decodeInlineOutput(proof.output)
    if (bytes !== null && proof.output) {
      const sha256 = sha256Hex(bytes)
      if (sha256 !== proof.output_sha) throw shaMismatch('inline', sha256, proof)
      outputs.put(job.id, { lease_id: leaseId, media_type: proof.output.media_type, sha256 }, bytes)
      return
    }
    const uploaded = outputs.info(job.id)
    if (uploaded !== null && uploaded.lease_id === leaseId) {
      if (uploaded.sha256 !== proof.output_sha) throw shaMismatch('uploaded', uploaded.sha256, proof)
      return
    }
    if (proof.output) {
      throw new ApiError('INVALID_PAYLOAD', 'output: neither inline nor uploaded before the proof', { field: 'output' })
    }
    if (requiresOutput(job)) {
      throw new ApiError('INVALID_PAYLOAD', 'output: this job asks for its output with the proof', { field: 'output' })
    }
  }

  #settle(job: JobRow, leaseId: string, proof: WireProof): WireReceipt {
    const { store, hub, settings } = this.#deps
    const nowMs = settings.nowMs()
    const wallet =
      this.#holderOf(job)?.wallet ?? store.miners.walletOf(job.holder_key ?? '') ?? `unclaimed:${job.holder_miner ?? ''}`
    const balance = store.ledger.credit(wallet, job.id, parseReward(job.reward), nowMs)
    const receipt: WireReceipt = {
      id: job.id,
      status: 'accepted',
      output_sha: proof.output_sha,
      reward: { amount: job.reward, unit: settings.unit },
      balance: formatMoney(balance),
      unit: settings.unit,
    }
    store.jobs.end(job.id, { state: 'completed', error: null, receipt }, nowMs)
    store.leases.end(leaseId, 'proven', false)
    hub.publishState(job.id, 'completed', job.attempt, nowMs)
    return receipt
  }
}

function shaMismatch(kind: 'inline' | 'uploaded', sha256: string, proof: WireProof): ApiError {
  return new ApiError('OUTPUT_SHA_MISMATCH', `the ${kind} output hashes to ${sha256}, and output_sha is ${proof.output_sha}`, {
    field: 'output_sha',
    actual: sha256,
  })
}
