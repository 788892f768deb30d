import { JobFailureError } from '../domain/failure-codes.ts'
import type { ModelRef } from '../domain/job.ts'
import type { ReadyServer } from './server-watch.ts'
import { listed } from './model-list.ts'
import type { ServerModel } from './model-list.ts'

/**
 * The server's model that a job asks for: by the name in its own reference, else by the name in its params, else the server's
 * first. Throws `E_INPUT` for a name that the server does not have, and for a hash or an address: nobody can ask a server for the
 * hash of what it has loaded, so that would be a promise without cover.
 */
export function chooseModel(ref: ModelRef | null, wanted: string | null, { models }: ReadyServer): ServerModel {
  if (ref !== null && ref.sha256 !== null) {
    throw new JobFailureError(
      'E_INPUT',
      `this miner serves llm_gen from a language-model server, whose models have no hash that could be checked against ${ref.sha256}: name the model without sha256, or let another miner take it`,
    )
  }
  const name = ref?.name ?? (ref?.uri == null ? wanted : null)
  if (name === null && ref?.uri != null) {
    throw new JobFailureError(
      'E_INPUT',
      `this miner serves llm_gen from a language-model server and fetches no models for it: name one that it has (${listed(models)})`,
    )
  }
  if (name === null) return models[0]
  const found = models.find((model) => model.name === name)
  if (found !== undefined) return found
  throw new JobFailureError(
    'E_INPUT',
    `the language-model server of this miner has no model ${name.slice(0, 200)}: it has ${listed(models)}`,
  )
}
