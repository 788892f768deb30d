/** What a model takes, with what has come of it already. */
export interface WantedRoom {
  /** When it is here whole, by what its server says. */
  readonly wholeBytes: number
  /** With what comes of it next. */
  readonly nextBytes: number
}
