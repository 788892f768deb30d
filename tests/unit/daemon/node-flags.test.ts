import { describe, expect, it } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { MINER_NODE_FLAGS } from '../../../scripts/local-chain/chain.ts'

describe('the flags of Node that the miner runs with', () => {
  it('are the same by `npm run miner` as in tests and benches', () => {
    expect(manifest.scripts.miner).toBe(`node ${MINER_NODE_FLAGS.join(' ')} src/main.ts`)
  })
})
