import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What processes note about models, for each other to see: a file `<sha256>.<pid>-<start>` for each, which counts while its process is
 * there. Notes are put and taken at once: one after the other they must not come in the wrong order.
 */
export class ProcessNotes {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Makes the folder and removes the notes of processes that are gone. Rejects with the system's error. */
  async open(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o755 })
    for (const name of this.#names()) if (!isAlive(name)) await rm(join(this.#folder, name), { force: true })
  }

  /** Throws the system's error. */
  put(sha256: string, text: string): void {
    writeFileSync(this.#own(sha256), text)
  }

  /** One that cannot be taken back counts no longer than its process lives. */
  take(sha256: string): void {
    try {
      rmSync(this.#own(sha256), { force: true })
    } catch {
      // The disk has become read-only, say: no reason to fail a job that is done.
    }
  }

  /** Whether any process has one. */
  has(sha256: string): boolean {
    return this.#names().some((name) => name.startsWith(`${sha256}.`) && isAlive(name))
  }

  /** Whether a process other than this one has. */
  hasOther(sha256: string): boolean {
    const own = `${sha256}.${processMark(process.pid)}`
    return this.#names().some((name) => name.startsWith(`${sha256}.`) && name !== own && isAlive(name))
  }

  all(): readonly { readonly sha256: string; readonly text: string }[] {
    return this.#names()
      .filter(isAlive)
      .map((name) => ({ sha256: name.replace(/\..*$/s, ''), text: readText(join(this.#folder, name)) }))
  }

  #own(sha256: string): string {
    return join(this.#folder, `${sha256}.${processMark(process.pid)}`)
  }

  #names(): readonly string[] {
    try {
      return readdirSync(this.#folder)
    } catch {
      return []
    }
  }
}

function isAlive(name: string): boolean {
  const mark = name.split('.').at(-1) ?? ''
  const pid = Number(/^(\d+)-\d+$/.exec(mark)?.[1] ?? Number.NaN)
  return !Number.isNaN(pid) && processMark(pid) === mark
}

/** A process by its id and when it began, in clock ticks since boot (proc_pid_stat(5), field 22): ids come again, above all in containers. */
function processMark(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name of the command, in parentheses, may hold anything.
    return `${pid}-${stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''}`
  } catch {
    return null
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
