/** A file may hold names of megabytes. */
const MAX_MESSAGE = 1_000

/** Bytes that are no tensor file, or hold a tensor that is not taken here. The message names what is wrong with them, in few words. */
export class TensorFileError extends Error {
  override readonly name = 'TensorFileError'

  constructor(message: string, options?: ErrorOptions) {
    super(message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message, options)
  }
}
