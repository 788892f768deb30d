/** One run's part of a device's energy. */
export interface EnergyShare {
  joules: number
  /** Times the power was read while it ran. */
  readings: number
  /** Some of its time was not measured. */
  isBroken: boolean
}

/** Makes the share of a run that begins. */
export function newShare(): EnergyShare {
  return { joules: 0, readings: 0, isBroken: false }
}

/** Fewer readings in a run's time say too little about it. */
const MIN_READINGS = 2

/**
 * Divides one board's energy among the runs that use it, from readings of its power.
 *
 * Energy is the integral of the power by trapezoids. Between two readings, and wherever a run begins or ends between them, the
 * time is cut; each piece is divided equally among the runs active in it. At a cut the power is taken for that of the last
 * reading, for all of them, so that the shares never add up to more than the integral. Before a first reading its power holds
 * backwards, since runs are what the readings are taken for.
 */
export class PowerLedger {
  readonly #maxGapMs: number
  readonly #active = new Set<EnergyShare>()
  /** Until when energy is divided. */
  #atMs = 0
  /** Null before the first reading for the runs that are active. */
  #powerW: number | null = null
  #readAtMs = 0
  /** Pieces of time before the first reading. */
  #waiting: { readonly shares: readonly EnergyShare[]; readonly ms: number }[] = []

  /** Readings further apart than `maxGapMs` leave the time between them unmeasured. */
  constructor(maxGapMs: number) {
    this.#maxGapMs = maxGapMs
  }

  /** A run begins. Times are monotonic and never go back. */
  join(atMs: number): EnergyShare {
    if (this.#active.size === 0) this.#begin(atMs)
    else this.#cut(atMs)
    const share = newShare()
    this.#active.add(share)
    return share
  }

  /** A run ends. Returns its joules, or null when it was not measured well enough to tell. */
  leave(share: EnergyShare, atMs: number): number | null {
    this.#cut(atMs)
    this.#active.delete(share)
    return share.isBroken || share.readings < MIN_READINGS ? null : share.joules
  }

  /** The board's power at this moment; null when it could not be read, which spoils all runs that are active. */
  read(atMs: number, powerW: number | null): void {
    if (this.#active.size === 0) return
    if (powerW === null) {
      this.#spoil(this.#active)
      this.#begin(atMs)
      return
    }
    if (this.#powerW === null) this.#settleWaiting(atMs, powerW)
    else this.#divide(atMs, (this.#powerW + powerW) / 2)
    for (const share of this.#active) share.readings += 1
    this.#powerW = powerW
    this.#readAtMs = atMs
  }

  #begin(atMs: number): void {
    this.#atMs = atMs
    this.#powerW = null
    this.#waiting = []
  }

  #cut(atMs: number): void {
    if (this.#powerW === null) this.#wait(atMs)
    else this.#divide(atMs, this.#powerW)
  }

  #divide(atMs: number, powerW: number): void {
    if (atMs - this.#readAtMs > this.#maxGapMs) this.#spoil(this.#active)
    const joules = (powerW * (atMs - this.#atMs)) / 1000 / this.#active.size
    for (const share of this.#active) share.joules += joules
    this.#atMs = atMs
  }

  #wait(atMs: number): void {
    this.#waiting.push({ shares: [...this.#active], ms: atMs - this.#atMs })
    this.#atMs = atMs
  }

  #settleWaiting(atMs: number, powerW: number): void {
    this.#wait(atMs)
    let agoMs = 0
    for (const { shares, ms } of this.#waiting.toReversed()) {
      agoMs += ms
      if (agoMs > this.#maxGapMs) this.#spoil(shares)
      for (const share of shares) share.joules += (powerW * ms) / 1000 / shares.length
    }
    this.#waiting = []
  }

  #spoil(shares: Iterable<EnergyShare>): void {
    for (const share of shares) share.isBroken = true
  }
}
