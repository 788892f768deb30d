import { addresses } from './addresses.ts'
import { documents, envelopes, ids } from './documents.ts'
import { ID } from './hostile-job.ts'
import type { HostileJob } from './hostile-job.ts'
import { grammars, sizes, tensors, texts } from './params.ts'

/** Jobs against a miner with its default settings but that it fetches from every public host. None needs the network. */
export function hostileJobs(): readonly HostileJob[] {
  const parts = [ids, documents, envelopes, addresses, texts, grammars, tensors, sizes]
  return parts.flatMap((part) => [...part()]).map((each, at) => ({ ...each, text: each.text.replace(ID, `hostile-${at}`) }))
}
