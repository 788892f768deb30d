/** A model as ONNX Runtime holds it. */
export interface Releasable {
  release(): Promise<void>
}

/** ONNX Runtime and its devices say it in words alone. */
const WANT_OF_MEMORY = /bad_alloc|bad allocation|failed to allocate|out of memory/i

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

  /**
   * The session of a part of a model, made on first use. Where memory does not suffice for it, it is tried once more without the
   * other models. Rejects with the error of `create`, and then makes it anew next time.
   */
  async session(model: { readonly id: string; readonly bytes: number }, part: string, create: () => Promise<S>): Promise<S> {
    const known = this.#models.get(model.id)
    if (known === undefined) await this.#makeRoom(model, this.#roomBytes)
    const { sessions } = this.#use(model.id, known ?? { bytes: model.bytes, sessions: new Map() })
    const kept = sessions.get(part)
    if (kept !== undefined) return kept
    const session = create().catch(async (error: unknown) => {
      const hasOthers = this.#models.size > 1
      if (!hasOthers || !isWantOfMemory(error)) throw error
      await this.#makeRoom(model, 0)
      return create()
    })
    sessions.set(part, session)
    session.catch(() => {
      sessions.delete(part)
      if (sessions.size === 0) this.#models.delete(model.id)
    })
    return session
  }

  #use(id: string, model: Model<S>): Model<S> {
    this.#models.delete(id)
    this.#models.set(id, model)
    return model
  }

  /** Lets others go until they and this one take no more than the room; this one stays. */
  async #makeRoom({ id, bytes }: { readonly id: string; readonly bytes: number }, roomBytes: number): Promise<void> {
    const others = [...this.#models].filter(([other]) => other !== id)
    let total = others.reduce((sum, [, model]) => sum + model.bytes, bytes)
    for (const [other, model] of others) {
      if (total <= roomBytes) return
      this.#models.delete(other)
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

function isWantOfMemory(error: unknown): boolean {
  return error instanceof Error && WANT_OF_MEMORY.test(error.message)
}
