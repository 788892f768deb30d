import { describe, expect, it } from 'vitest'
import { audit } from '../../../../scripts/reliability/books.ts'
import type { Books } from '../../../../scripts/reliability/books.ts'

/** One job of each end, all as it should be. */
const GOOD: Books = {
  orders: [
    { jobId: 'a', end: 'completed', reward: 5n },
    { jobId: 'b', end: 'failed', reward: 7n },
    { jobId: 'c', end: 'canceled', reward: 9n },
  ],
  coordinator: {
    jobs: [
      { id: 'a', state: 'completed', reward: 5n, error: null },
      { id: 'b', state: 'failed', reward: 7n, error: 'E_INVALID' },
      { id: 'c', state: 'canceled', reward: 9n, error: 'E_CANCELED' },
    ],
    endings: [{ jobId: 'a' }, { jobId: 'b' }, { jobId: 'c' }],
    leases: [
      { id: 'l0', jobId: 'a', ended: 'lost' },
      { id: 'l1', jobId: 'a', ended: 'proven' },
      { id: 'l2', jobId: 'b', ended: 'failed' },
    ],
    credits: [{ jobId: 'a', amount: 5n }],
    balance: 5n,
  },
  miner: {
    entries: [
      { jobId: 'a', state: 'settled', settlement: 'dropped' },
      { jobId: 'a', state: 'settled', settlement: 'credited' },
      { jobId: 'b', state: 'settled', settlement: 'reported' },
    ],
    outbox: 0,
    leftovers: [],
    orphans: [],
  },
}

function withCoordinator(changes: Partial<Books['coordinator']>): Books {
  return { ...GOOD, coordinator: { ...GOOD.coordinator, ...changes } }
}

function withMiner(changes: Partial<Books['miner']>): Books {
  return { ...GOOD, miner: { ...GOOD.miner, ...changes } }
}

describe('audit', () => {
  it('finds nothing wrong with books that agree, whatever leases and proofs were lost on the way', () => {
    expect(audit(GOOD)).toEqual({ jobs: 3, completed: 1, proofsLost: 0, proofsDoubled: 0, problems: [] })
  })

  it('lets a job that was canceled too late be completed', () => {
    const { orders, coordinator, miner } = GOOD
    const books = {
      orders: orders.map((order) => ({ ...order, end: order.jobId === 'a' ? ('canceled' as const) : order.end })),
      coordinator,
      miner,
    }
    expect(audit(books).problems).toEqual([])
  })

  it.each<[string, Books, Partial<ReturnType<typeof audit>>, string]>([
    [
      'a job that was credited twice',
      withCoordinator({ credits: [...GOOD.coordinator.credits, { jobId: 'a', amount: 5n }], balance: 10n }),
      { proofsDoubled: 1 },
      'job a is completed and was credited 2 times',
    ],
    [
      'a job that was proven twice',
      withCoordinator({ leases: [...GOOD.coordinator.leases, { id: 'l9', jobId: 'a', ended: 'proven' }] }),
      { proofsDoubled: 1 },
      'job a is completed and was proven 2 times',
    ],
    [
      'a job that ended twice',
      withCoordinator({ endings: [...GOOD.coordinator.endings, { jobId: 'b' }] }),
      { proofsDoubled: 1 },
      'job b has ended 2 times',
    ],
    [
      'a job that was submitted once and is there twice',
      withCoordinator({ jobs: [...GOOD.coordinator.jobs, { id: 'd', state: 'failed', reward: 5n, error: null }] }),
      { proofsDoubled: 1 },
      'job d was submitted once and stands in the queue twice',
    ],
    [
      'work that was done and not paid',
      withCoordinator({ credits: [], balance: 0n }),
      { proofsLost: 1 },
      'job a is completed and was credited 0 times',
    ],
    [
      'a failed job that is paid',
      withCoordinator({ credits: [...GOOD.coordinator.credits, { jobId: 'b', amount: 7n }], balance: 12n }),
      {},
      'job b is failed and was credited 1 times',
    ],
    ['a wrong amount', withCoordinator({ credits: [{ jobId: 'a', amount: 4n }] }), {}, 'job a pays 5 and was credited 4'],
    ['a wallet that does not add up', withCoordinator({ balance: 6n }), {}, 'the wallet holds 6, the completed jobs pay 5'],
    [
      'a job that never ended',
      withCoordinator({ jobs: [{ id: 'a', state: 'leased', reward: 5n, error: null }, ...GOOD.coordinator.jobs.slice(1)] }),
      { proofsLost: 1 },
      'job a has not ended: it is leased',
    ],
    [
      'a job that is gone',
      withCoordinator({ jobs: GOOD.coordinator.jobs.slice(1) }),
      { proofsLost: 1 },
      'job a has not ended: it is unknown to the coordinator',
    ],
    [
      'a good job that failed',
      withCoordinator({ jobs: [{ id: 'a', state: 'failed', reward: 5n, error: 'E_ENGINE' }, ...GOOD.coordinator.jobs.slice(1)] }),
      { proofsLost: 1 },
      'job a is failed, not completed: E_ENGINE',
    ],
    [
      'an open lease',
      withCoordinator({ leases: [...GOOD.coordinator.leases, { id: 'l9', jobId: 'c', ended: null }] }),
      {},
      'lease l9 of job c is still open',
    ],
    ['an outbox that is not empty', withMiner({ outbox: 2 }), {}, '2 outcomes were never delivered'],
    [
      'an entry of the journal that nobody ends',
      withMiner({ entries: [...GOOD.miner.entries, { jobId: 'c', state: 'running', settlement: null }] }),
      {},
      'job c is running in the journal of a miner that had time to end it',
    ],
    [
      'a credit that the miner does not know of',
      withMiner({ entries: GOOD.miner.entries.slice(2) }),
      { proofsLost: 1 },
      'job a is completed, and the miner holds it for credited 0 times',
    ],
    ['files that are left', withMiner({ leftovers: ['/w/1'] }), {}, 'left behind: /w/1'],
    ['an orphan', withMiner({ orphans: [7] }), {}, 'process 7 has outlived its miner'],
  ])('finds %s', (_what, books, counted, problem) => {
    const found = audit(books)
    expect(found).toMatchObject(counted)
    expect(found.problems).toContain(problem)
  })
})
