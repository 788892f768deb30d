/** A model as ONNX Runtime holds it. */
export interface Releasable {
  release(): Promise<void>
}

interface Model<S> {
  readonly bytes: number
  readonly sessions: Map<string, Promise<S>>
}

/**
 * Keeps the sessions of models between jobs, as far as there is room: the least recently used models go for a new one. A model may
 * have several sessions, and they stay together. Only for an engine that runs one job at a time: the others' sessions are idle.
 */
export class SessionShelf<S extends Releasable> {
  readonly #roomBytes: number
  /** Least recently used first. */
  readonly #models = new Map<string, Model<S>>()

  /** `roomBytes`: what the files of all models may have together; a larger one is kept alone. */
  constructor(roomBytes: number) {
    this.#roomBytes = roomBytes
  }

  /** The session of a part of a model, made on first use. Rejects with the error of `create`, and then makes it anew next time. */
  async session(model: { readonly id: string; readonly bytes: number }, part: string, create: () => Promise<S>): Promise<S> {
    const known = this.#models.get(model.id)
    if (known === undefined) await this.#makeRoom(model.bytes)
    const { sessions } = this.#use(model.id, known ?? { bytes: model.bytes, sessions: new Map() })
    const kept = sessions.get(part)
    if (kept !== undefined) return kept
    const session = create()
    sessions.set(part, session)
    session.catch(() => sessions.delete(part))
    return session
  }

  #use(id: string, model: Model<S>): Model<S> {
    this.#models.delete(id)
    this.#models.set(id, model)
    return model
  }

  async #makeRoom(bytes: number): Promise<void> {
    let total = [...this.#models.values()].reduce((sum, model) => sum + model.bytes, bytes)
    for (const [id, model] of this.#models) {
      if (total <= this.#roomBytes) return
      this.#models.delete(id)
      total -= model.bytes
      for (const session of model.sessions.values()) await released(session)
    }
  }
}

/** Whatever becomes of it: a session that failed, or fails to go, is no reason against the next one. */
async function released(session: Promise<Releasable>): Promise<void> {
  try {
    await (await session).release()
  } catch {
    return
  }
}
