/**
 * Starts an engine's program with less power than this process has: `launch.ts OPTIONS -- PROGRAM ARGUMENT…`, run by a Node with
 * `--experimental-ffi`. Landlock leaves it the files that it needs, a seccomp filter takes the network and everything else away
 * that it has no use for; then the program takes this process over, which keeps its id and its descriptors. What is in force is
 * said in a message on the engine's channel, before a single byte of a job or a model has been read.
 *
 * It loads nothing but what is in this folder: a library to check its options with would cost as much as all of the rest.
 */
import { writeSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { CHANNEL_FD, messageLine } from '../message-lines.ts'
import type { FromChild } from '../messages.ts'
import { restrictProcess } from './restrict-process.ts'
import type { SandboxLayers } from './restrict-process.ts'

const NEWEST_ABI = 7

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Files and folders that it may read. */
    read: { type: 'string', multiple: true, default: [] },
    /** Folders that it may write to; made where they are missing. */
    work: { type: 'string', multiple: true, default: [] },
    /** With drivers and devices of graphics cards. */
    gpu: { type: 'boolean', default: false },
    /** Writes no file that is larger. */
    'file-bytes': { type: 'string' },
    /** Fails rather than go without one of the layers. */
    required: { type: 'boolean', default: false },
    /** Uses no later version of Landlock than this. */
    'landlock-abi': { type: 'string', default: String(NEWEST_ABI) },
  },
})

try {
  const layers = restrictProcess({
    read: values.read,
    work: values.work,
    hasGpu: values.gpu,
    maxFileBytes: values['file-bytes'] === undefined ? null : Number(values['file-bytes']),
    maxLandlockAbi: Number(values['landlock-abi']),
    keptDescriptors: [CHANNEL_FD],
  })
  if (values.required) checkComplete(layers)
  tell({ type: 'sandbox', ...layers })
  if (process.execve === undefined) throw new Error('this Node cannot replace its process')
  process.execve(process.execPath, [process.execPath, ...positionals])
} catch (error) {
  const reason = error instanceof Error ? error.message : String(error)
  tell({ type: 'fatal', message: `the sandbox could not be set up: ${reason} (docs/engine-sandbox.md)` })
  process.exitCode = 70
}

function checkComplete({ landlockAbi, hasSeccomp }: SandboxLayers): void {
  if (landlockAbi !== null && hasSeccomp) return
  const missing = landlockAbi === null ? 'Landlock' : 'seccomp filter'
  throw new Error(`this kernel offers no ${missing}, and ENGINE_SANDBOX is "required"`)
}

function tell(message: FromChild): void {
  writeSync(CHANNEL_FD, messageLine(message))
}
