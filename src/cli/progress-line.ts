import { SingleBar } from 'cli-progress'

import type { Terminal } from './command-context.ts'
import { formatBytes } from './render-models.ts'

/** A bar that moves on a terminal, a line for each tenth elsewhere; both on stderr. */
export class ProgressLine {
  readonly #terminal: Terminal
  #bar: SingleBar | null = null
  #tenths = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  show(received: number, total: number | null): void {
    if (process.stderr.isTTY) this.#showBar(received, total)
    else this.#showLine(received, total)
  }

  end(): void {
    this.#bar?.stop()
    this.#bar = null
  }

  #showBar(received: number, total: number | null): void {
    if (this.#bar === null) {
      this.#bar = new SingleBar({
        format: '{bar} {percentage} %  {done} of {whole}  {eta_formatted} left',
        stream: process.stderr,
        hideCursor: true,
      })
      this.#bar.start(total ?? received, 0, { done: '', whole: '' })
    }
    if (total !== null) this.#bar.setTotal(total)
    this.#bar.update(received, { done: formatBytes(received), whole: total === null ? 'an unknown size' : formatBytes(total) })
  }

  #showLine(received: number, total: number | null): void {
    const tenths = total === null || total === 0 ? 0 : Math.floor((10 * received) / total)
    if (tenths <= this.#tenths) return
    this.#tenths = tenths
    this.#terminal.err(`${tenths * 10} %, ${formatBytes(received)}\n`)
  }
}
