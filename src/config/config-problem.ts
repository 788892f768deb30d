/** Something wrong or doubtful in the configuration. `message` never holds the value of a secret. */
export interface ConfigProblem {
  /** error: the miner does not start; warning: it does. */
  readonly severity: 'error' | 'warning'
  /** The key concerned, by its name in the file; null for a problem of the file as a whole, or of a line without a key. */
  readonly key: string | null
  /** Null when the value comes from the environment variable `AITBC_<key>`. */
  readonly file: string | null
  /** From 1; null for a problem that is not on a line. */
  readonly line: number | null
  /** What was expected, what was found, what to do. */
  readonly message: string
}

/** Where a value stands: a line of the file, the file when the key is not in it, or an environment variable. */
export type Source =
  | { readonly kind: 'line'; readonly file: string; readonly line: number }
  | { readonly kind: 'default'; readonly file: string }
  | { readonly kind: 'environment' }

/** A problem at the place where a value comes from. */
export function problemAt(
  source: Source,
  key: string | null,
  severity: ConfigProblem['severity'],
  message: string,
): ConfigProblem {
  return {
    severity,
    key,
    file: source.kind === 'environment' ? null : source.file,
    line: source.kind === 'line' ? source.line : null,
    message,
  }
}
