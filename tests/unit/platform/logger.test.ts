import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, renameSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { describe, expect, it } from 'vitest'
import type { Logger } from '../../../src/domain/ports.ts'
import { createLogger } from '../../../src/platform/logger.ts'
import type { LoggerOptions } from '../../../src/platform/logger.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { tempDir } from '../../support/temp-dir.ts'

const clock = new FakeClock(new Date(2026, 0, 1, 12, 0, 1).getTime())

/** What `log` writes to stdout. */
async function linesOf(log: (logger: Logger) => void, options: Partial<LoggerOptions> = {}): Promise<string[]> {
  const stdout = new PassThrough()
  const output = createLogger({ level: 'info', stdout, stdoutStyle: 'terminal', file: null, secrets: [], clock, ...options })
  log(output.logger)
  await output.close()
  return stdout.setEncoding('utf8').read()?.trimEnd().split('\n') ?? []
}

function jsonLines(path: string): unknown[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

describe('a log that is adjusted', () => {
  it('obeys the other level and file, also for loggers handed out before', async () => {
    const folder = tempDir()
    const [first, second] = [join(folder, 'first'), join(folder, 'second')]
    const stdout = new PassThrough()
    const secrets = ['old-secret']
    const output = createLogger({ level: 'info', stdout, stdoutStyle: 'journal', file: first, secrets, clock })
    const child = output.logger.child({ job: 'j' })
    child.debug('a')
    child.info('b')
    output.adjust({ level: 'debug', file: second, secrets: ['new-secret'] })
    child.debug('c', { key: 'new-secret' })
    child.info('old-secret')
    await output.close()
    expect(stdout.setEncoding('utf8').read()).toBe('<6>b job=j\n<7>c job=j key=[redacted]\n<6>[redacted] job=j\n')
    expect(jsonLines(first)).toMatchObject([{ message: 'b' }])
    expect(jsonLines(second)).toMatchObject([{ message: 'c', key: '[redacted]' }, { message: '[redacted]' }])
  })
})

describe('a log line', () => {
  it('is readable on a terminal', async () => {
    expect(await linesOf((logger) => logger.info('job accepted', { job: 'job_1', workload: 'llm_gen' }))).toEqual([
      '12:00:01 info  job accepted            job=job_1 workload=llm_gen',
    ])
  })

  it('carries a priority for the journal, and no time', async () => {
    const lines = await linesOf(
      (logger) => {
        logger.error('a')
        logger.warn('b')
        logger.info('c', { n: 1 })
        logger.debug('d')
      },
      { stdoutStyle: 'journal', level: 'debug' },
    )
    expect(lines).toEqual(['<3>a', '<4>b', '<6>c n=1', '<7>d'])
  })

  it('below the level is left out', async () => {
    expect(await linesOf((logger) => logger.info('a'), { level: 'warn' })).toEqual([])
  })

  it('of a child carries what was bound to it and to its parent', async () => {
    const lines = await linesOf(
      (logger) => logger.child({ job: 'job_1' }).child({ attempt: 2 }).info('a', { left: undefined, none: null }),
      { stdoutStyle: 'journal' },
    )
    expect(lines).toEqual(['<6>a job=job_1 attempt=2'])
  })

  it('shows no secret, in whatever form or place', async () => {
    const secret = 'k+y/with=signs'
    const log = (logger: Logger): void => {
      logger.child({ bound: `a ${secret} b` }).info(`message ${secret}`, {
        url: `https://x/?key=${encodeURIComponent(secret)}`,
        edge: `${'x'.repeat(995)}${secret}`,
      })
    }
    const [line = ''] = await linesOf(log, { secrets: [secret, ''] })
    expect(line).not.toContain('k+y')
    expect(line).not.toContain('k%2By')
    expect(line.match(/\[redacted\]|\[reda…/g)?.length).toBe(4)
  })

  it('cannot be forged, broken or coloured by what it quotes', async () => {
    const hostile = 'x" level=error \\" a=b\n<0>forged\r\u001b[31m\u009b31m\u202e\u2028'
    const lines = await linesOf((logger) => logger.info('job refused', { reason: hostile }), { stdoutStyle: 'journal' })
    expect(lines).toEqual([
      String.raw`<6>job refused reason="x\" level=error \\\" a=b\n<0>forged\r\u001b[31m\u009b31m\u202e\u2028"`,
    ])
  })

  it('bounds the length of a value', async () => {
    const [line = ''] = await linesOf((logger) => logger.info('a', { text: 'x'.repeat(50_000) }))
    expect(line.length).toBeLessThan(1_100)
    expect(line).toContain('(50000 characters)')
  })
})

describe('the log file', () => {
  it('has a JSON object a line, whose own fields no attribute can replace', async () => {
    const file = join(tempDir(), 'miner.log')
    await linesOf((logger) => logger.warn('disk slow', { ms: 12.5, text: 'a\nb', level: 'debug' }), { file })
    expect(jsonLines(file)).toEqual([
      { time: new Date(clock.nowMs()).toISOString(), level: 'warn', message: 'disk slow', ms: 12.5, text: 'a\nb' },
    ])
  })

  it('is made anew after logrotate moved it, and goes on after it was truncated', async () => {
    const ownClock = new FakeClock()
    const file = join(tempDir(), 'miner.log')
    const output = createLogger({
      level: 'info',
      stdout: new PassThrough(),
      stdoutStyle: 'terminal',
      file,
      secrets: [],
      clock: ownClock,
    })
    output.logger.info('one')
    renameSync(file, `${file}.1`)
    await ownClock.advance(1_000)
    output.logger.info('two')
    expect(jsonLines(`${file}.1`)).toMatchObject([{ message: 'one' }])
    expect(jsonLines(file)).toMatchObject([{ message: 'two' }])
    truncateSync(file)
    output.logger.info('three')
    expect(jsonLines(file)).toMatchObject([{ message: 'three' }])
    await output.close()
  })

  it('that cannot be opened costs one warning, and is written once it can be', async () => {
    const ownClock = new FakeClock()
    const folder = join(tempDir(), 'later')
    const stdout = new PassThrough()
    const file = join(folder, 'miner.log')
    const output = createLogger({ level: 'info', stdout, stdoutStyle: 'journal', file, secrets: [], clock: ownClock })
    for (const message of ['one', 'two']) {
      output.logger.info(message)
      await ownClock.advance(1_000)
    }
    mkdirSync(folder)
    output.logger.info('three')
    await output.close()
    const text: string = stdout.setEncoding('utf8').read()
    expect(text.match(/^<4>log file cannot be written/gm)).toHaveLength(1)
    expect(text).toContain('<6>log file written again')
    expect(jsonLines(file)).toMatchObject([{ message: 'three' }])
  })

  it('on a full disk costs one warning and no line on stdout', async () => {
    const lines = await linesOf(
      (logger) => {
        logger.info('one')
        logger.info('two')
      },
      { file: '/dev/full', stdoutStyle: 'journal' },
    )
    expect(lines.filter((line) => line.startsWith('<4>log file cannot be written'))).toHaveLength(1)
    expect(lines.filter((line) => line.startsWith('<6>'))).toEqual(['<6>one', '<6>two'])
  })
})

describe('a logger', () => {
  it('loses no line of a burst that ends with its closing', async () => {
    const file = join(tempDir(), 'miner.log')
    const lines = await linesOf(
      (logger) => {
        for (let n = 0; n < 5_000; n += 1) logger.info('a', { n })
      },
      { file, stdoutStyle: 'journal' },
    )
    expect(lines).toEqual(Array.from({ length: 5_000 }, (_, n) => `<6>a n=${n}`))
    expect(jsonLines(file)).toHaveLength(5_000)
  })

  it('says nothing after it was closed, and can be closed twice', async () => {
    const stdout = new PassThrough()
    const output = createLogger({ level: 'info', stdout, stdoutStyle: 'journal', file: null, secrets: [], clock })
    output.logger.info('one')
    await Promise.all([output.close(), output.close()])
    output.logger.info('two')
    expect(stdout.setEncoding('utf8').read()).toBe('<6>one\n')
  })

  it('outlives the reader of its stdout', async () => {
    const script = `
      import { createLogger } from ${JSON.stringify(join(import.meta.dirname, '../../../src/platform/logger.ts'))}
      const { logger, close } = createLogger({ level: 'info', stdout: process.stdout, stdoutStyle: 'journal', file: null, secrets: [], clock: Date })
      const clock = setInterval(() => logger.info('a line'), 1)
      process.stdin.once('end', async () => { clearInterval(clock); await close(); process.exit(7) }).resume()`
    const code = await new Promise((resolve) => {
      const child = execFile(process.execPath, [
        '--input-type=module',
        '-e',
        script.replace('clock: Date', 'clock: { nowMs: Date.now }'),
      ])
      child.once('exit', resolve)
      child.stdout?.once('data', () => {
        child.stdout?.destroy()
        child.stdout?.once('close', () => child.stdin?.end())
      })
    })
    expect(code).toBe(7)
  })
})
