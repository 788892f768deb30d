import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobFailureError } from '../../domain/failure-codes.ts'
import { MAX_INLINE_BYTES } from '../messages.ts'
import { checkOutputSize } from '../output-size.ts'
import type { OutputRules } from '../output-size.ts'
import type { DoneMessage, FromChild, ToChild } from '../messages.ts'
import type { ChildChannel } from './child-channel.ts'
import type { EngineIdentity } from './engine-identity.ts'
import type { WorkloadResult } from './run-context.ts'
import type { StartedEngine } from './start-engine.ts'

/** Names in a model can have megabytes, and the host takes no message of that length; the API takes 8,192 characters. */
const MAX_FAILURE_TEXT = 8192

type RunMessage = Extract<ToChild, { type: 'run' }>

export interface RunTableDeps {
  readonly channel: ChildChannel
  readonly identity: EngineIdentity
  readonly runWorkload: StartedEngine['runWorkload']
}

/** The runs of this child. Each ends with exactly one `done` or `failed` message. */
export class RunTable {
  readonly #deps: RunTableDeps
  readonly #controllers = new Map<number, AbortController>()

  constructor(deps: RunTableDeps) {
    this.#deps = deps
  }

  start(message: RunMessage): void {
    const controller = new AbortController()
    this.#controllers.set(message.runId, controller)
    void this.#run(message, controller.signal).then((answer) => {
      this.#controllers.delete(message.runId)
      this.#deps.channel.send(answer)
    })
  }

  /** Asks a run to end; an unknown one has ended already. */
  cancel(runId: number): void {
    this.#controllers.get(runId)?.abort(new JobFailureError('E_CANCELED', 'the run was canceled'))
  }

  async #run(
    { runId, workload, params, model, inputs, workDir, maxOutputBytes }: RunMessage,
    signal: AbortSignal,
  ): Promise<FromChild> {
    const { channel, identity, runWorkload } = this.#deps
    try {
      const result = await runWorkload(workload, {
        params,
        model,
        inputs,
        workDir,
        signal,
        progress: (progress) => channel.send({ type: 'progress', runId, progress }),
      })
      const { mode, mediaType, metrics } = result
      const { name, version, backend, device } = identity
      const environment = { engine: name, version, backend, device, ...result.environment }
      return {
        type: 'done',
        runId,
        mode,
        mediaType,
        output: await handOver(result, { workDir, maxOutputBytes }),
        metrics,
        environment,
      }
    } catch (error) {
      const failure = error instanceof JobFailureError ? error.failure : { code: 'E_ENGINE' as const, message: describe(error) }
      return { type: 'failed', runId, code: failure.code, message: failure.message.slice(0, MAX_FAILURE_TEXT) }
    }
  }
}

/** Throws `E_OUTPUT` for one beyond the limit before any of it is on the disk. */
async function handOver({ output }: WorkloadResult, rules: OutputRules): Promise<DoneMessage['output']> {
  checkOutputSize(output.length, rules)
  if (output.length <= MAX_INLINE_BYTES) return { kind: 'inline', base64: Buffer.from(output).toString('base64') }
  const path = join(rules.workDir, 'output')
  await writeFile(path, output, { flag: 'wx' })
  return { kind: 'file', path }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
