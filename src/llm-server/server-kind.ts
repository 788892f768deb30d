import { z } from 'zod'
import type { LlmServerClient } from './llm-server-client.ts'
import type { ModelList } from './model-list.ts'
import { ServerFailure } from './server-failure.ts'

export type ServerKind = 'vllm' | 'sglang' | 'llama-server' | 'ollama' | 'tgi' | 'unknown'

/** Which program a server runs. */
export interface ServerIdentity {
  readonly kind: ServerKind
  /** As it tells; null where it does not. */
  readonly version: string | null
}

/** What vLLM, SGLang and llama-server write as `owned_by` into their list of models. */
const OWNERS: ReadonlyMap<string, ServerKind> = new Map([
  ['vllm', 'vllm'],
  ['sglang', 'sglang'],
  ['llamacpp', 'llama-server'],
])

const versionText = z
  .string()
  .min(1)
  .transform((text) => text.slice(0, 64))

/**
 * Finds out by the list of models, and by each program's own way of telling its version. SGLang's is not asked for: it comes with
 * all of the server's arguments, keys among them. Rejects only with the signal's reason.
 */
export async function identifyServer(client: LlmServerClient, list: ModelList, signal: AbortSignal): Promise<ServerIdentity> {
  const kind = OWNERS.get(list.ownedBy ?? '')
  if (kind === 'sglang') return { kind, version: null }
  if (kind === 'vllm')
    return {
      kind,
      version: await ask(
        '/version',
        z.object({ version: versionText }).transform((v) => v.version),
      ),
    }
  if (kind === 'llama-server') {
    return {
      kind,
      version: await ask(
        '/props',
        z.object({ build_info: versionText }).transform((v) => v.build_info),
      ),
    }
  }
  const ollama = await ask(
    '/api/version',
    z.object({ version: versionText }).transform((v) => v.version),
  )
  if (ollama !== null) return { kind: 'ollama', version: ollama }
  const tgi = await ask(
    '/info',
    z.object({ model_id: z.string(), version: versionText }).transform((v) => v.version),
  )
  return tgi === null ? { kind: 'unknown', version: null } : { kind: 'tgi', version: tgi }

  async function ask(path: string, schema: z.ZodType<string>): Promise<string | null> {
    try {
      const parsed = schema.safeParse(await client.get(path, signal))
      return parsed.success ? parsed.data : null
    } catch (error) {
      // It has no such path, which is what we wanted to know, or nothing to tell.
      if (error instanceof ServerFailure) return null
      throw error
    }
  }
}
