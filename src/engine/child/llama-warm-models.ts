/** A model in memory. */
export interface Unloadable {
  dispose(): Promise<void>
}

interface Entry<M> {
  readonly loading: Promise<M>
  users: number
}

export interface WarmModelsDeps<F, M> {
  readonly keyOf: (file: F) => string
  /**
   * Loads a model. Resolves with null, having loaded nothing, where `mayRefuse` and the model would get more room if another
   * one were gone.
   */
  readonly load: (file: F, mayRefuse: boolean) => Promise<M | null>
}

/**
 * Keeps models loaded between jobs. When one needs the room of others, the least recently used that no job is using goes;
 * one in use stays.
 */
export class WarmModels<F, M extends Unloadable> {
  readonly #deps: WarmModelsDeps<F, M>
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry<M>>()
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
      return await run(await this.#loaded(key, entry))
    } finally {
      entry.users--
      if (this.#entries.get(key) === entry) this.#touch(key, entry)
    }
  }

  #touch(key: string, entry: Entry<M>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
  }

  async #loaded(key: string, entry: Entry<M>): Promise<M> {
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
      const model = await this.#deps.load(file, idle !== undefined)
      if (model !== null) return model
      if (idle === undefined) throw new Error('a model was refused although there is no other one to unload')
      const [key, entry] = idle
      if (entry.users > 0 || this.#entries.get(key) !== entry) continue
      this.#entries.delete(key)
      await (await entry.loading).dispose()
    }
  }
}
