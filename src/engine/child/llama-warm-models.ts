/** A model in memory. */
export interface Unloadable {
  dispose(): Promise<void>
}

interface Entry<M> {
  readonly loading: Promise<M>
  users: number
}

/** How things are when a model is to be loaded. */
export interface Room<M> {
  readonly loaded: readonly M[]
  /** One of these is idle and can go: no need to make do with the room that is left. */
  readonly mayRefuse: boolean
}

export interface WarmModelsDeps<F, M> {
  readonly keyOf: (file: F) => string
  /** Loads a model. Resolves with null, having loaded nothing, where it may refuse and would get more room if one were gone. */
  readonly load: (file: F, room: Room<M>) => Promise<M | null>
}

/**
 * Keeps models loaded between jobs. When one needs the room of others, the least recently used that no job is using goes;
 * one in use stays.
 */
export class WarmModels<F, M extends Unloadable> {
  readonly #deps: WarmModelsDeps<F, M>
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry<M>>()
  readonly #loaded = new Set<M>()
  #lastLoad: Promise<unknown> = Promise.resolve()

  constructor(deps: WarmModelsDeps<F, M>) {
    this.#deps = deps
  }

  /** Calls `run` with the model, loaded if need be, which stays loaded meanwhile. */
  async use<T>(file: F, run: (model: M) => Promise<T>): Promise<T> {
    const key = this.#deps.keyOf(file)
    const entry = this.#entries.get(key) ?? { loading: this.#loadInTurn(file), users: 0 }
    this.#touch(key, entry)
    entry.users++
    try {
      return await run(await this.#settled(key, entry))
    } finally {
      entry.users--
      if (this.#entries.get(key) === entry) this.#touch(key, entry)
    }
  }

  #touch(key: string, entry: Entry<M>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  async #settled(key: string, entry: Entry<M>): Promise<M> {
    try {
      return await entry.loading
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key)
      throw error
    }
  }

  /** One at a time, since each counts what memory is free. */
  async #loadInTurn(file: F): Promise<M> {
    const turn = this.#lastLoad.then(() => this.#load(file))
    this.#lastLoad = turn.catch(() => {})
    return turn
  }

  async #load(file: F): Promise<M> {
    for (;;) {
      const idle = [...this.#entries].find(([, { users }]) => users === 0)
      const model = await this.#deps.load(file, { loaded: [...this.#loaded], mayRefuse: idle !== undefined })
      if (model !== null) {
        this.#loaded.add(model)
        return model
      }
      if (idle === undefined) throw new Error('a model was refused although there is no other one to unload')
      await this.#unload(...idle)
    }
  }

  /** Unloads a model unless somebody has come to use it meanwhile. */
  async #unload(key: string, entry: Entry<M>): Promise<void> {
    if (entry.users > 0 || this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    const model = await entry.loading
    this.#loaded.delete(model)
    await model.dispose()
  }
}
