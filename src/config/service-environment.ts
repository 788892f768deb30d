/** What the one who started the daemon says of its surroundings. */
export interface ServiceEnvironment {
  /** Where systemd listens for a unit of `Type=notify`. */
  readonly notifySocket: string | undefined
  /** True when standard output is the journal's, which adds the time itself and reads priorities. */
  readonly isJournal: boolean
  readonly wantsColors: boolean
  /** All of it, for whoever passes a few names of it on. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

export function serviceEnvironment({ env, stdout }: Pick<NodeJS.Process, 'env' | 'stdout'> = process): ServiceEnvironment {
  return {
    notifySocket: env['NOTIFY_SOCKET'],
    isJournal: env['JOURNAL_STREAM'] !== undefined && !stdout.isTTY,
    wantsColors: stdout.isTTY && env['NO_COLOR'] === undefined,
    variables: env,
  }
}
