import pc from 'picocolors'

/** Writes the demo's story: one line an event, streamed text in between, at a fixed indent. */
export class Screen {
  readonly #out: NodeJS.WritableStream
  #isStreaming = false

  constructor(out: NodeJS.WritableStream) {
    this.#out = out
  }

  title(text: string): void {
    this.#write(`\n${pc.bold(text)}\n\n`)
  }

  fact(name: string, text: string): void {
    this.#write(`  ${pc.dim(name.padEnd(12))} ${text}\n`)
  }

  job(position: string, what: string, reward: string): void {
    this.#write(`\n${pc.bold(`${position}  ${what}`)}  ${pc.dim(`pays ${reward}`)}\n`)
  }

  event(name: string, text: string): void {
    this.#write(`  ${pc.cyan(name.padEnd(12))} ${text}\n`)
  }

  good(name: string, text: string): void {
    this.#write(`  ${pc.green(name.padEnd(12))} ${text}\n`)
  }

  bad(name: string, text: string): void {
    this.#write(`  ${pc.red(name.padEnd(12))} ${text}\n`)
  }

  /** Text as it comes, on the line of its name. */
  stream(name: string, text: string): void {
    if (!this.#isStreaming) this.#out.write(`  ${pc.cyan(name.padEnd(12))} `)
    this.#isStreaming = true
    this.#out.write(text.replaceAll('\n', `\n  ${''.padEnd(12)} `))
  }

  /** A bar that fills in place on a terminal, and is printed once when full elsewhere. */
  progress(name: string, share: number): void {
    const isTerminal = 'isTTY' in this.#out && this.#out.isTTY === true
    if (!isTerminal && share < 1) return
    const full = Math.round(share * 30)
    const bar = `${'█'.repeat(full)}${pc.dim('░'.repeat(30 - full))} ${String(Math.round(share * 100)).padStart(3)} %`
    this.#out.write(`${isTerminal ? '\r' : ''}  ${pc.cyan(name.padEnd(12))} ${bar}`)
    this.#isStreaming = true
  }

  #write(text: string): void {
    if (this.#isStreaming) this.#out.write('\n')
    this.#isStreaming = false
    this.#out.write(text)
  }
}
