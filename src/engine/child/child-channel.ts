import type { Socket } from 'node:net'
import { MessageLines, messageLine } from '../message-lines.ts'
import { toChild } from '../messages.ts'
import type { FromChild, ToChild } from '../messages.ts'

/** The child's end of the socket. */
export class ChildChannel {
  readonly #socket: Socket

  constructor(socket: Socket) {
    this.#socket = socket
  }

  onClosed(listener: () => void): void {
    // A host that was killed shows as an error on some writes; `close` follows in any case.
    this.#socket.on('error', () => this.#socket.destroy())
    this.#socket.on('close', listener)
  }

  onMessage(listener: (message: ToChild) => void): void {
    const lines = new MessageLines(Number.POSITIVE_INFINITY)
    this.#socket.on('data', (bytes: Buffer) => {
      for (const line of lines.push(bytes)) listener(toChild.parse(line))
    })
  }

  send(message: FromChild): void {
    this.#socket.write(messageLine(message))
  }

  /** Sends and then calls `done`, whether it could be sent or not. */
  sendLast(message: FromChild, done: () => void): void {
    this.#socket.end(messageLine(message), done)
  }
}
