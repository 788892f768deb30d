import { AitbcError } from '../domain/errors.ts'

/**
 * An error as it goes to stderr: `aitbc-miner: what failed`, then what to do on an indented line (in a message the two are
 * parted by a semicolon). Anything but an `AitbcError` is a bug, and is shown with its stack.
 */
export function renderError(error: unknown): string {
  if (!(error instanceof AitbcError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return `aitbc-miner: unexpected error; this is a bug, please report it with these lines\n${indent(stack)}\n`
  }
  const [what, ...remedy] = error.message.split('; ')
  const head = `aitbc-miner: ${what ?? ''} (${error.code})\n`
  return remedy.length === 0 ? head : `${head}${indent(remedy.join('; '))}\n`
}

/** Each line moved two columns to the right. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
