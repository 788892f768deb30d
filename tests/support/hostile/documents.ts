import { ID, job, SMALL_BENCH, written } from './hostile-job.ts'
import type { Document, HostileJob } from './hostile-job.ts'

/** The text of a job with these params. */
function bench(params: string): string {
  return `{"id":"${ID}","workload":"torch_bench","params":${params}}`
}

function nestedParams(open: string, close: string, depth: number): string {
  return `{"size":8,"iterations":1,"a":${open.repeat(depth)}1${close.repeat(depth)}}`
}

/** Ids and workloads that are paths, no texts, too long, or names of what objects are born with. */
export function* ids(): Iterable<HostileJob> {
  const refused = [
    '../../etc/passwd',
    '..',
    '.',
    '',
    '/etc/passwd',
    'a\0b',
    'C:\\Windows\\system32',
    'a b',
    'é',
    'a\n',
    '%2e%2e%2f',
    'x'.repeat(129),
    'x'.repeat(1024),
    '\ud800',
    '$(reboot)',
    "'; DROP TABLE jobs; --",
  ]
  for (const id of refused) yield job('E_INVALID', `id ${JSON.stringify(id.slice(0, 30))}`, { ...SMALL_BENCH, id })
  // They are names like others, and must meet no property that objects are born with.
  for (const id of ['__proto__', 'constructor', 'hasOwnProperty', 'CON', '-rf'])
    yield job('completed', `id ${id}`, { ...SMALL_BENCH, id })
  for (const id of ['x'.repeat(10_000_000), 7, {}, ['a'], true])
    yield job('ignored', `id ${JSON.stringify(id).slice(0, 30)}`, { ...SMALL_BENCH, id })
  for (const workload of ['__proto__', '../x', '', 7, null, 'w'.repeat(10_000_000), 'a\0']) {
    yield job('E_INVALID', `workload ${JSON.stringify(workload).slice(0, 30)}`, { workload })
  }
  for (const workload of ['constructor', 'toString', 'hasOwnProperty', 'CON'])
    yield job('E_UNSUPPORTED', `workload ${workload}`, { workload })
}

/** Documents that no parser, or no memory, bears. */
export function* documents(): Iterable<HostileJob> {
  yield written('E_INVALID', 'params with __proto__', bench('{"__proto__":{"size":8}}'))
  yield written('E_INVALID', 'params with __proto__ below', bench('{"a":[{"b":{"__proto__":1}}]}'))
  yield written('completed', 'params with constructor', bench('{"size":8,"iterations":1,"constructor":{"prototype":{"size":1}}}'))
  yield written('E_INVALID', 'arrays nested 100,000 deep', bench(nestedParams('[', ']', 100_000)))
  yield written('E_INVALID', 'objects nested 100,000 deep', bench(nestedParams('{"a":', '}', 100_000)))
  yield written('E_INVALID', 'a number without end', bench('{"size":1e999}'))
  yield written('E_INVALID', 'a negative number without end', bench('{"size":-1e999}'))
  yield written('E_INVALID', 'an integer that a double does not hold', bench('{"size":9007199254740993}'))
  yield written('E_INVALID', 'an integer of 64 bits', bench('{"seed":18446744073709551615}'))
  yield written('E_INVALID', 'a number of a million digits', bench(`{"size":${'9'.repeat(1_000_000)}}`))
  yield written('E_INVALID', 'half of a surrogate pair in a value', bench('{"a":"\\ud800"}'))
  yield written('E_INVALID', 'half of a surrogate pair in a key', bench('{"\\udfff":1}'))
  yield written('completed', 'two million numbers', bench(`{"size":8,"iterations":1,"a":[${'1,'.repeat(2_000_000)}1]}`))
  yield written(
    'completed',
    'a text of four million characters',
    bench(`{"size":8,"iterations":1,"a":"${'x'.repeat(4_000_000)}"}`),
  )
  yield written('ignored', 'five million objects', bench(`{"a":[${'{},'.repeat(5_000_000)}{}]}`))
  for (const params of ['[]', '"x"', '7', 'true']) yield written('E_INVALID', `params ${params}`, bench(params))
  yield written(
    'E_INVALID',
    'a prototype for a model',
    `{"id":"${ID}","workload":"llm_gen","params":{"prompt":"x","__proto__":{"prompt":"y"}}}`,
  )
  yield written(
    'E_INPUT',
    'a model without properties of its own',
    `{"id":"${ID}","workload":"llm_gen","params":{"prompt":"x"},"model":{"__proto__":{"uri":"https://127.0.0.1/"},"name":"nope"}}`,
  )
}

/** Limits, leases, money and the like that are out of range. */
export function* envelopes(): Iterable<HostileJob> {
  const limits: readonly (readonly [HostileJob['ends'], Document])[] = [
    ['E_INVALID', { max_runtime_s: -1 }],
    ['E_INVALID', { max_runtime_s: 0 }],
    ['E_INVALID', { max_runtime_s: '600' }],
    ['completed', { max_runtime_s: 1e308 }],
    ['E_INVALID', { ram_mb: -5 }],
    ['E_OOM', { ram_mb: 0 }],
    ['completed', { ram_mb: 1e308 }],
    ['E_OUTPUT', { max_output_bytes: 0 }],
    ['E_INVALID', { max_output_bytes: 0.5 }],
    ['E_INVALID', { max_output_bytes: -1 }],
    ['E_INVALID', { max_output_bytes: 2 ** 53 }],
    ['E_INVALID', { vram_mb: -1e308 }],
    ['E_INVALID', { vram_mb: [] }],
  ]
  for (const [ends, given] of limits) yield job(ends, `limits ${JSON.stringify(given)}`, { ...SMALL_BENCH, limits: given })
  const expires = { expires_at: '2099-01-01T00:00:00Z' }
  const refused: readonly Document[] = [
    { limits: [] },
    { attempt: 0 },
    { attempt: -1 },
    { attempt: 1.5 },
    { attempt: 2 ** 53 },
    { attempt: '1' },
    { lease: { id: '', ...expires } },
    { lease: { id: '\ud800', ...expires } },
    { lease: { id: 'x'.repeat(1_000_000), ...expires } },
    { lease: { id: 'L', expires_at: '2026-02-30T00:00:00Z' } },
    { lease: { id: 'L', expires_at: 'tomorrow' } },
    { lease: { id: 'L', expires_at: '2026-01-01T00:00:00+14:00' } },
    { deadline: '+275760-09-13T00:00:00Z' },
    { deadline: 1e15 },
    { created_at: '2026-01-01' },
    { reward: { amount: '-1', unit: 'AITBC' } },
    { reward: { amount: '1e9', unit: 'AITBC' } },
    { reward: { amount: 0.1, unit: 'AITBC' } },
    { reward: { amount: '9'.repeat(1000), unit: 'AITBC' } },
    { reward: { amount: '1', unit: 'x'.repeat(1000) } },
    { model: { sha256: 'A'.repeat(64) } },
    { model: { sha256: '../'.repeat(21) } },
    { model: { bytes: -1 } },
    { model: { bytes: 1e300 } },
    { model: { name: 'x'.repeat(10_000_000) } },
    { model: 'tiny-llm' },
    { inputs: {} },
    { inputs: Array.from({ length: 65 }, () => ({ name: 'x', uri: 'https://127.0.0.1/' })) },
    { inputs: [{ name: '', uri: 'https://127.0.0.1/' }] },
    { inputs: [{ name: 'x'.repeat(10_000_000), uri: 'https://127.0.0.1/' }] },
    { inputs: [{ name: 'x', uri: '' }] },
    { inputs: [{ name: 'x', uri: `https://127.0.0.1/${'x'.repeat(5000)}` }] },
    { inputs: [{ name: 'x', uri: 'https://127.0.0.1/', media_type: 'text/html\r\nset-cookie: a=b' }] },
    { inputs: [null] },
    { require_output: 'yes' },
  ]
  for (const given of refused) yield job('E_INVALID', JSON.stringify(given).slice(0, 60), { ...SMALL_BENCH, ...given })
  yield job('completed', 'a lease until the end of the calendar', {
    ...SMALL_BENCH,
    lease: { id: 'L', expires_at: '9999-12-31T23:59:59Z' },
  })
  yield job('completed', 'the largest attempt', { ...SMALL_BENCH, attempt: Number.MAX_SAFE_INTEGER })
}
