import { LlmServerClient } from '../../llm-server/llm-server-client.ts'
import { listed, readModelList } from '../../llm-server/model-list.ts'
import { ServerFailure } from '../../llm-server/server-failure.ts'
import type { Check } from './check.ts'
import { failed, good } from './finding.ts'

/** Whether the operator's own language-model server answers, and has models. Only where LLM_BACKEND is http. */
export const LLM_SERVER_CHECK: Check = {
  id: 'llm_server',
  name: 'LLM server',
  needs: [],
  limitMs: 20_000,
  run: async ({ config: { llmBackend, llmUrl: url, llmApiKey: apiKey }, version, clock }, signal) => {
    if (llmBackend !== 'http' || url === null) return []
    const client = new LlmServerClient({ url, apiKey, maxConnections: 1, userAgent: `aitbc-miner/${version}`, clock })
    try {
      const { models } = readModelList(await client.get('/v1/models', signal))
      if (models.length === 0) return [failed(`${url.href} answers, but has no models`, 'load one on that server')]
      return [good(`${url.href} has ${listed(models)}`)]
    } catch (error) {
      if (!(error instanceof ServerFailure)) throw error
      return [failed(`${url.href}: ${error.message}`, 'is the server running? check LLM_URL and LLM_API_KEY')]
    } finally {
      await client.close()
    }
  },
}
