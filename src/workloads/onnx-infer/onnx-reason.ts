import { dirname } from 'node:path'

/** Longest text of ONNX Runtime that goes into a message. */
const MAX_REASON = 600

/**
 * What ONNX Runtime says of an error, without the places in its own sources. Of a model's file, with the file's name alone: the folders
 * of this machine are nobody's business.
 */
export function onnxReason(error: unknown, path?: string): string {
  const message = error instanceof Error ? error.message : String(error)
  const folder = path === undefined ? null : dirname(path)
  const reason = (folder === null ? message : message.replaceAll(`${folder}/`, '').replaceAll(folder, 'its folder'))
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\/onnxruntime_src\/\S+:\d+ [^)]*\)( const)? /g, '')
    .replace(/^Load model from .* failed: ?/, '')
    .trim()
  return reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason
}

/** Whether ONNX Runtime failed for want of memory. */
export function isOutOfMemory(reason: string): boolean {
  return /bad_alloc|bad allocation|failed to allocate|out of memory/i.test(reason)
}
