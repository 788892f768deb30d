/** Bytes that are no tensor file, or hold a tensor that is not taken here. The message names what is wrong with them. */
export class TensorFileError extends Error {
  override readonly name = 'TensorFileError'
}
