import type { FuzzTarget } from './fuzz-target.ts'
import { canonicalJsonForm } from './targets/canonical-json.fuzz.ts'
import { confFile } from './targets/conf-file.fuzz.ts'
import { confProblems } from './targets/conf-problems.fuzz.ts'
import { coordinatorAnswers } from './targets/coordinator-answers.fuzz.ts'
import { coordinatorRequests } from './targets/coordinator-requests.fuzz.ts'
import { ggufHeader } from './targets/gguf-header.fuzz.ts'
import { messageLines } from './targets/message-lines.fuzz.ts'
import { publicAddress, sourceUri } from './targets/model-addresses.fuzz.ts'
import { gpuToolTexts, nvidiaSmi } from './targets/nvidia-smi.fuzz.ts'
import { onnxExternalData } from './targets/onnx-external-data.fuzz.ts'
import { retryAfter } from './targets/retry-after.fuzz.ts'
import { sseStream } from './targets/sse-stream.fuzz.ts'
import { npy, safetensors } from './targets/tensor-files.fuzz.ts'
import { wireSchemas } from './targets/wire-schemas.fuzz.ts'
import { gbnf, jsonSchemas, workloadParams } from './targets/workload-params.fuzz.ts'

/** Everything of the miner and its coordinator that reads what strangers write. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  wireSchemas,
  coordinatorAnswers,
  coordinatorRequests,
  retryAfter,
  workloadParams,
  jsonSchemas,
  gbnf,
  canonicalJsonForm,
  confFile,
  confProblems,
  nvidiaSmi,
  gpuToolTexts,
  safetensors,
  npy,
  ggufHeader,
  onnxExternalData,
  messageLines,
  sseStream,
  sourceUri,
  publicAddress,
]
