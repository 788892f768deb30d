import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Program } from '../../scripts/local-chain/program.ts'
import { LONG, SMALL } from '../support/bench-jobs.ts'
import { EchoingCoordinator, tracesOf } from '../support/echoing-coordinator.ts'
import { eventually } from '../support/eventually.ts'
import { testMinerHome } from '../support/miner-home.ts'

const API_KEY = 'cAnary+/=kEy?&%41-zQ9~of-miner'
const HF_TOKEN = 'hf_cAnaryTokenOfTheHub0123'
const LLM_API_KEY = 'llm-cAnary/of+the:server'

/** What was found where, in the words of the one who wrote it. */
type Written = Map<string, string>

function readAll(folder: string, into: Written): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && path !== join(folder, 'miner.conf')) into.set(path, readFileSync(path, 'latin1'))
  }
}

/** Environment and command line of a process and all below it. */
function readProcesses(pid: number, into: Written): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ').filter(Boolean).map(Number)
  for (const name of ['environ', 'cmdline'])
    into.set(`${pid} ${name} ${into.size}`, readFileSync(`/proc/${pid}/${name}`, 'latin1'))
  return children.reduce((count, child) => count + readProcesses(child, into), 1)
}

async function outputOf(args: readonly string[]): Promise<string> {
  const program = new Program('command', 'src/main.ts', args)
  await program.ended()
  return program.lines.join('\n')
}

function leaksIn(written: Written): string[] {
  return [API_KEY, HF_TOKEN, LLM_API_KEY].flatMap((secret) =>
    [...tracesOf(secret)].flatMap(([encoding, form]) =>
      [...written].filter(([, content]) => content.includes(form)).map(([place]) => `${encoding} in ${place}`),
    ),
  )
}

describe('the secrets of a miner', () => {
  it('stand in the conf and nowhere else, whatever the coordinator says and however the daemon ends', async () => {
    const jobs = [...Array.from({ length: 12 }, (_, i) => ({ id: `good-${i}`, ...SMALL })), { id: 'long', ...LONG }]
    const { coordinator, url } = await EchoingCoordinator.start(jobs, API_KEY)
    const keys = {
      HEARTBEAT_SECS: 0.1,
      JOB_POLL_SECS: 0.05,
      POLL_WAIT_SECS: 0,
      LOG_LEVEL: 'debug',
      WORKLOADS: 'torch_bench',
      ACCEL_MODE: 'cpu',
    }
    const { home, start } = await testMinerHome({ ...keys, COORD_URL: url, API_KEY, HF_TOKEN, LLM_API_KEY })
    const conf = ['--config', home.confFile]
    const written: Written = new Map()

    // Good jobs, and answers that say the key in every encoding.
    const miner = start()
    await miner.waitForLine(/job accepted.*job=long/)
    await eventually(
      'the good jobs are proved',
      () => new Set(coordinator.proofs.map((proof) => JSON.stringify(proof))).size >= 12,
    )
    await miner.waitForLine(/engine ready/)
    expect(readProcesses(miner.pid, written)).toBeGreaterThan(1)
    const socket = connect(join(home.dir, 'state', 'control.sock'))
    socket.write('{"request":"status"}\n')
    written.set('control socket', await textOf(socket))
    for (const args of [['status'], ['status', '--json'], ['doctor', '--json'], ['config', 'check', '--json']])
      written.set(args.join(' '), await outputOf([...args, ...conf]))
    expect(written.get('status --json')).toContain('"state"')
    miner.signal('SIGUSR1')
    written.set('control socket after SIGUSR1', await outputOf(['status', ...conf]))
    expect(coordinator.refused).toContainEqual(expect.objectContaining({ error: expect.objectContaining({ code: 'E_DENY' }) }))

    // A crash of the process, and one of the program, with the key in the error, and with a report of Node's.
    miner.signal('SIGABRT')
    expect(await miner.ended()).toBe('SIGABRT')
    const preload = join(home.dir, 'preload.mjs')
    const report = join(home.dir, 'report.json')
    writeFileSync(
      preload,
      `import { readFileSync } from 'node:fs'
       process.on('SIGUSR2', () => {
         const [, key] = /API_KEY="(.*)"/.exec(readFileSync(${JSON.stringify(home.confFile)}, 'utf8'))
         process.report.writeReport(${JSON.stringify(report)})
         throw Object.assign(new Error('headers: ' + key, { cause: new Error(btoa('Bearer ' + key)) }), { headers: { authorization: key } })
       })`,
    )
    await home.configure({ ...keys, COORD_URL: url, API_KEY, LLM_API_KEY })
    const again = start({ NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`, AITBC_HF_TOKEN: HF_TOKEN })
    await again.waitForLine(/job taken up again/)
    again.signal('SIGUSR2')
    expect(await again.ended()).toBe(1)
    expect(existsSync(report)).toBe(true)

    written.set('stdout and stderr', [...miner.lines, ...again.lines].join('\n'))
    readAll(home.dir, written)
    expect([...written.keys()].join('\n')).toMatch(/journal\.sqlite-wal/)
    expect(written.get('stdout and stderr')).toMatch(/error of ours.*\[redacted\]/)
    expect(written.get('stdout and stderr')).not.toMatch(/Debugger listening/)
    expect(leaksIn(written)).toEqual([])
  })
})
