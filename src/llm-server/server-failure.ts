/**
 * What an unsuccessful call to a language-model server means.
 *
 * - unreachable: no answer, or the connection broke
 * - busy: it asks to come back later (429, 503, …)
 * - broken: it failed (5xx), or told of an error in the middle of its answer
 * - unauthorized: it refuses the key
 * - missing: it has no such path, or no such model
 * - refused: it cannot do what this request asks
 * - redirect: it points somewhere else
 * - garbled: what it answers is not this API
 */
export type ServerFailureKind =
  | 'unreachable'
  | 'busy'
  | 'broken'
  | 'unauthorized'
  | 'missing'
  | 'refused'
  | 'redirect'
  | 'garbled'

export interface ServerFailureDetails {
  readonly kind: ServerFailureKind
  /** Of the answer; null without one. */
  readonly status: number | null
  /** The server's own sentence; null when it said nothing that can be shown. */
  readonly said: string | null
  /** What it asks for by `Retry-After`. */
  readonly retryAfterMs: number | null
}

/** A failed call to a language-model server. The message names no host and no key: it may be shown to the sender of a job. */
export class ServerFailure extends Error {
  override readonly name = 'ServerFailure'
  readonly details: ServerFailureDetails

  constructor(
    message: string,
    details: Partial<ServerFailureDetails> & Pick<ServerFailureDetails, 'kind'>,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.details = { status: null, said: null, retryAfterMs: null, ...details }
  }

  /** Whether the same request may succeed a little later. */
  get isPassing(): boolean {
    const { kind } = this.details
    return kind === 'unreachable' || kind === 'busy' || kind === 'broken'
  }
}
