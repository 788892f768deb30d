import { closeSync, openSync } from 'node:fs'
import { AitbcError } from '../domain/errors.ts'

/** What the start of an engine takes, with its pipes and for a moment. */
const NEEDED = 16

/** Throws `AITBC_DESCRIPTORS` when this process cannot open as many files as it takes to start an engine. */
export function checkDescriptors(): void {
  const opened: number[] = []
  try {
    while (opened.length < NEEDED) opened.push(openSync('/dev/null', 'r'))
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new AitbcError(
      'AITBC_DESCRIPTORS',
      `the miner can open no more files (${text}): raise LimitNOFILE of its service (systemctl edit aitbc-miner) or ulimit -n, ` +
        'and see what else on this machine has many files open',
      { cause },
    )
  } finally {
    for (const descriptor of opened) closeSync(descriptor)
  }
}
