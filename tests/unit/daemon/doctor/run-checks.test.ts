import { describe, expect, it } from 'vitest'
import { failed, good, skipped, warning } from '../../../../src/daemon/doctor/finding.ts'
import type { Finding } from '../../../../src/daemon/doctor/finding.ts'
import { runChecks } from '../../../../src/daemon/doctor/run-checks.ts'
import type { DoctorRow } from '../../../../src/daemon/doctor/run-checks.ts'
import { presentableText } from '../../../../src/daemon/doctor/presentable-text.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function check(id: string, needs: readonly string[], run: () => Promise<readonly Finding[]>) {
  return { id, name: `the ${id}`, needs, limitMs: 1000, run }
}

async function rowsOf(checks: ReturnType<typeof check>[], clock = new FakeClock()): Promise<DoctorRow[]> {
  const seen: DoctorRow[] = []
  const rows = await runChecks({
    checks,
    context: null,
    clock,
    presentable: presentableText(['s3cret']),
    onRow: (row) => seen.push(row),
    before: new Map(),
  })
  expect(seen).toEqual(rows)
  return rows
}

describe('runChecks', () => {
  it('skips what needs something that failed or was itself skipped, and names it', async () => {
    const rows = await rowsOf([
      check('dns', [], async () => [failed('not found', 'look again')]),
      check('connection', ['dns'], async () => [good('open')]),
      check('key', ['connection'], async () => [good('taken')]),
      check('disk', [], async () => [good('large')]),
    ])
    expect(rows.map(({ verdict, found }) => [verdict, found])).toEqual([
      ['failed', 'not found'],
      ['skipped', 'not looked at: the dns must be right first'],
      ['skipped', 'not looked at: the connection must be right first'],
      ['good', 'large'],
    ])
  })

  it('goes on after a warning', async () => {
    const rows = await rowsOf([
      check('a', [], async () => [warning('old', 'renew it')]),
      check('b', ['a'], async () => [good('here')]),
    ])
    expect(rows.at(-1)?.verdict).toBe('good')
  })

  it('counts a check that throws as failed, and asks the next one', async () => {
    const rows = await rowsOf([
      check('a', [], () => Promise.reject(new Error('broken inside'))),
      check('b', [], async () => [skipped('nothing to see')]),
    ])
    expect(rows.map(({ verdict, found }) => [verdict, found])).toEqual([
      ['failed', 'broken inside'],
      ['skipped', 'nothing to see'],
    ])
  })

  it('gives up a check that hangs when its time is over', async () => {
    const clock = new FakeClock()
    const rows = rowsOf([check('a', [], () => new Promise(() => {}))], clock)
    await clock.advance(1000)
    expect(await rows).toMatchObject([{ check: 'a', verdict: 'failed', found: 'no result after 1 s' }])
  })

  it('shows neither secrets nor control characters', async () => {
    const rows = await rowsOf([check('a', [], async () => [failed('it said \u001b[2J s3cret\nand more', 'not s3cret')])])
    expect(rows[0]).toMatchObject({ found: 'it said  [2J [redacted] and more', remedy: 'not [redacted]' })
  })

  it('gives a row to each finding, under the name of its subject', async () => {
    const rows = await rowsOf([check('disk', [], async () => [good('large', 'disk, STATE_DIR'), good('small')])])
    expect(rows.map(({ check: id, name }) => [id, name])).toEqual([
      ['disk', 'disk, STATE_DIR'],
      ['disk', 'the disk'],
    ])
  })
})
