import { changedKeys } from '../config/changed-keys.ts'
import type { KeyName } from '../config/keys.ts'
import type { GoodConfig, LoadedConfig } from '../config/load-config.ts'
import type { Logger, ServiceNotifier } from '../domain/ports.ts'
import { logProblems } from './log-problems.ts'

/** These are obeyed at once; for all others a miner is built anew. */
const LIVE: ReadonlySet<KeyName> = new Set(['LOG_LEVEL'])

export interface SettingsReloadDeps {
  readonly settings: GoodConfig
  readonly load: () => LoadedConfig
  /** Obeys the keys that can be obeyed at once. */
  readonly adjust: (settings: GoodConfig) => void
  readonly notifier: Pick<ServiceNotifier, 'reloading' | 'ready'>
  readonly logger: Logger
}

/** What the reload needs of a miner that makes room for another. */
export interface ReplaceableMiner {
  readonly lifecycle: { yield(): void }
  status(): { readonly jobs: readonly unknown[] }
}

/**
 * The settings in force, and those that are to come into force when the miner that runs with the former has come to its
 * end. A file with an error in it changes nothing.
 */
export class SettingsReload {
  readonly #deps: SettingsReloadDeps
  #inForce: GoodConfig
  #next: GoodConfig | null = null
  /** Those before the ones in force, until these have proved that a miner can be built with them. */
  #former: GoodConfig | null = null
  #miner: ReplaceableMiner | null = null

  constructor(deps: SettingsReloadDeps) {
    this.#deps = deps
    this.#inForce = deps.settings
  }

  get inForce(): GoodConfig {
    return this.#inForce
  }

  /** Which miner makes room for the next settings. Null while there is none that could. */
  direct(miner: ReplaceableMiner | null): void {
    this.#miner = miner
    if (miner === null) return
    this.#former = null
    if (this.#next !== null) miner.lifecycle.yield()
  }

  /** Reads the configuration again and, if it is good, sees to it that it comes into force. */
  request(): void {
    const { load, adjust, notifier, logger } = this.#deps
    notifier.reloading()
    const loaded = load()
    if (!loaded.ok) {
      logProblems(logger, loaded.problems)
      logger.error('reload refused: the configuration has errors, the settings of before stay in force')
      notifier.ready()
      return
    }
    const changed = changedKeys(this.#inForce.values, loaded.values)
    if (changed.length === 0 && this.#next === null) {
      logger.info('reload: no setting has changed')
      notifier.ready()
      return
    }
    logProblems(logger, loaded.warnings)
    logger.info('reload: new settings', { changed: changed.join(', ') || 'none: back to those in force' })
    adjust(loaded)
    if (this.#next === null && changed.every((key) => LIVE.has(key))) {
      this.#inForce = loaded
      notifier.ready()
      return
    }
    this.#next = loaded
    if (this.#miner !== null && this.#miner.status().jobs.length > 0) {
      logger.info('reload: the other settings take effect when the running jobs have ended, no new ones are taken until then')
      notifier.ready()
    }
    this.#miner?.lifecycle.yield()
  }

  /** Puts the next settings into force. False when there are none. */
  advance(): boolean {
    if (this.#next === null) return false
    this.#former = this.#inForce
    this.#inForce = this.#next
    this.#next = null
    return true
  }

  /** With the settings in force no miner can be built: goes back to the former. False when there are none. */
  revert(error: unknown): boolean {
    if (this.#former === null) return false
    this.#deps.logger.error('new settings cannot be used: the settings of before are in force again', {
      error: error instanceof Error ? error.message : String(error),
    })
    this.#inForce = this.#former
    this.#former = null
    this.#deps.adjust(this.#inForce)
    return true
  }
}
