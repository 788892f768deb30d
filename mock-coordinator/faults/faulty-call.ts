import type { Request, Response } from 'express'
import type { EndpointName } from '../../src/protocol/endpoints.ts'
import type { Context } from '../http/context.ts'
import type { PendingHits } from './pending-hits.ts'

/** A call that a fault plan has its hands on. */
export interface FaultyCall {
  readonly context: Context
  readonly request: Request
  readonly response: Response
  readonly endpoint: EndpointName
  /** The fingerprint of the caller's key, valid or not; null without one. */
  readonly keyId: string | null
  /** The job in the path, or in the body where a rule asks for it. */
  readonly jobId: string | null
  readonly hits: PendingHits
}

/** Waits while the caller does; false when it has hung up meanwhile. */
export function pause({ response }: FaultyCall, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const hungUp = (): void => {
      clearTimeout(timer)
      resolve(false)
    }
    const timer = setTimeout(() => {
      response.off('close', hungUp)
      resolve(!response.destroyed)
    }, ms)
    response.once('close', hungUp)
  })
}
