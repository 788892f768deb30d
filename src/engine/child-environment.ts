import type { EngineKind } from '../workloads/workload-table.ts'

/** What an engine may see of the daemon's environment: where programs, libraries and devices are. Never a secret. */
const PASSED_ON = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'XDG_RUNTIME_DIR',
  'LD_LIBRARY_PATH',
  'CUDA_VISIBLE_DEVICES',
  'GGML_VK_VISIBLE_DEVICES',
  'VK_DRIVER_FILES',
  'VK_ICD_FILENAMES',
] as const

/** The environment of a child of this kind; `visibility` names the card that it may see. */
export function childEnvironment(
  kind: EngineKind,
  own: Readonly<Record<string, string | undefined>>,
  visibility: Readonly<Record<string, string>>,
): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const name of PASSED_ON) {
    const value = own[name]
    if (value !== undefined) environment[name] = value
  }
  // Every libuv worker that calls into llama.cpp brings spinning compute threads of its own; one is twice as fast as four.
  if (kind === 'llama') environment['UV_THREADPOOL_SIZE'] = '1'
  // ONNX Runtime would report its use to its maker, and leave a log of that in the temporary folder.
  if (kind === 'onnx') environment['ORT_DISABLE_TELEMETRY'] = '1'
  return { ...environment, ...visibility }
}
