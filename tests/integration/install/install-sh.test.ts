import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { tempDir } from '../../support/temp-dir.ts'

const INSTALL = fileURLToPath(new URL('../../../install.sh', import.meta.url))

/** All that the script uses of the system that the test runs on; not its nvidia-smi, for one. */
const TOOLS = ['cat', 'chmod', 'chown', 'cmp', 'dirname', 'env', 'grep', 'mktemp', 'mv', 'readlink', 'rm', 'sort', 'stat', 'sync']

interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** A system of its own: its files below `root`, its programs fakes that write down how they were called. */
class FakeSystem {
  readonly root = tempDir()
  readonly calls = join(this.root, 'calls')
  readonly conf = join(this.root, 'etc/aitbc/miner.conf')
  readonly #programs = join(this.root, 'programs')

  constructor() {
    for (const folder of ['programs', 'etc/aitbc', 'run/systemd/system', 'var/lib/dpkg/info', 'sys/bus/pci/devices']) {
      mkdirSync(join(this.root, folder), { recursive: true })
    }
    writeFileSync(this.calls, '')
    for (const tool of TOOLS) symlinkSync(join('/usr/bin', tool), join(this.#programs, tool))
    this.system('debian', '12')
    writeFileSync(join(this.root, 'a.deb'), '')
    writeFileSync(join(this.root, 'var/lib/dpkg/info/aitbc-miner.md5sums'), 'the sums\n')
    this.program('id', 'echo 0')
    this.program('apt-get', '')
    this.program('systemctl', '')
    this.program('aitbc-miner', '')
    this.program('dpkg', 'echo amd64')
    this.program(
      'dpkg-deb',
      'case "$1$3" in --fieldPackage) echo aitbc-miner;; --fieldArchitecture) echo amd64;; --fieldVersion) echo 1.0;; *) echo "the sums";; esac',
    )
    this.installed(false)
  }

  system(id: string, version: string): void {
    writeFileSync(join(this.root, 'etc/os-release'), `ID=${id}\nVERSION_ID="${version}"\n`)
  }

  program(name: string, script: string): void {
    const path = join(this.#programs, name)
    writeFileSync(path, `#!/bin/sh\necho "${name} $*" >>'${this.calls}'\n${script}\n`)
    chmodSync(path, 0o755)
  }

  installed(isInstalled: boolean): void {
    this.program(
      'dpkg-query',
      isInstalled ? `case "$*" in *cuda*|*mesa*) exit 1;; *Version*) echo 1.0;; *) echo 'ii ';; esac` : 'exit 1',
    )
  }

  card(vendor: string): void {
    const folder = join(this.root, 'sys/bus/pci/devices/0000:01:00.0')
    mkdirSync(folder)
    writeFileSync(join(folder, 'class'), '0x030000\n')
    writeFileSync(join(folder, 'vendor'), `${vendor}\n`)
  }

  run(...args: readonly string[]): Promise<Outcome> {
    const env = { PATH: this.#programs, AITBC_INSTALL_ROOT: this.root }
    return new Promise((resolve, reject) => {
      const child = execFile(INSTALL, args, { env }, (error, stdout, stderr) => {
        if (error !== null && typeof error.code !== 'number') reject(error)
        else resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
      })
      child.stdin?.end()
    })
  }

  /** Calls that change something. */
  changes(): string[] {
    return readFileSync(this.calls, 'utf8')
      .split('\n')
      .filter((call) => /^apt-get|^systemctl (?:enable|start|restart|--now)/.test(call))
  }

  deb(): string {
    return join(this.root, 'a.deb')
  }
}

const CONF = `# Set these.
COORD_URL="https://coordinator.example.net"      # Coordinator base URL
export WALLET_ADDR='wallet_demo'
API_KEY=CHANGE_ME # from the wallet
#API_KEY="left alone"
MAX_CONCURRENCY=1
`

describe('install.sh', () => {
  it.each([
    [['--nonsense'], 'there is no option --nonsense'],
    [['--coord-url'], '--coord-url needs a value'],
    [['--wallet', ''], 'the value of --wallet is empty'],
    [['--wallet', 'a b'], 'holds spaces'],
    [['--api-key', 'x'], 'can be read by every user'],
    [['a.deb', 'b.deb'], 'one FILE.deb at a time'],
  ])('ends with 2 on the wrong command line %j', async (args, message) => {
    const { exitCode, stderr } = await new FakeSystem().run(...args)
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(message)])
  })

  it('tells its options without being root', async () => {
    const system = new FakeSystem()
    system.program('id', 'echo 1000')
    expect(await system.run('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--dry-run') })
  })

  it('says sudo to whoever is not root', async () => {
    const system = new FakeSystem()
    system.program('id', 'echo 1000')
    expect(await system.run(system.deb())).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('sudo') })
  })

  it('names a system that it is not for', async () => {
    const system = new FakeSystem()
    system.system('fedora', '41')
    expect(await system.run(system.deb())).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('this is fedora 41') })
  })

  it('prints on a dry run what it would do, the key aside, and does none of it', async () => {
    const system = new FakeSystem()
    const key = join(system.root, 'key')
    writeFileSync(key, 'the-api-key\n')
    system.program('systemctl', 'exit 1')
    const { exitCode, stdout, stderr } = await system.run(
      '--dry-run',
      '--coord-url=https://c.test',
      '--api-key-file',
      key,
      system.deb(),
    )
    expect([exitCode, stderr]).toEqual([0, expect.not.stringContaining('the-api-key')])
    expect(stdout).not.toContain('the-api-key')
    expect(stdout).toMatch(/\+ env DEBIAN_FRONTEND=noninteractive apt-get install .*a\.deb\n\+ set COORD_URL .*\n\+ set API_KEY/)
    expect(stdout).toContain('+ systemctl start aitbc-miner.service')
    expect(system.changes()).toEqual([])
  })

  it('sets values in the conf and keeps all else: comments, mode, other keys', async () => {
    const system = new FakeSystem()
    writeFileSync(system.conf, CONF)
    chmodSync(system.conf, 0o640)
    const key = join(system.root, 'key')
    writeFileSync(key, 'k"ey$1\r\n', { mode: 0o600 })
    const outcome = await system.run(
      '--yes',
      '--coord-url',
      'https://c.test/a?b',
      '--wallet',
      'w1',
      '--api-key-file',
      key,
      system.deb(),
    )
    expect(outcome).toMatchObject({ exitCode: 0, stderr: '' })
    expect(readFileSync(system.conf, 'utf8')).toBe(`# Set these.
COORD_URL="https://c.test/a?b"      # Coordinator base URL
export WALLET_ADDR="w1"
API_KEY='k"ey$1' # from the wallet
#API_KEY="left alone"
MAX_CONCURRENCY=1
`)
    expect(statSync(system.conf).mode & 0o777).toBe(0o640)
    expect(readFileSync(system.calls, 'utf8')).not.toContain('ey$1')
    expect(system.changes()).toContain('systemctl restart aitbc-miner.service')
  })

  it('clears the count of a service that failed too often, which would be refused the start', async () => {
    const system = new FakeSystem()
    system.program('systemctl', 'case "$*" in *is-active*) exit 1;; esac')
    await system.run('--yes', system.deb())
    expect(readFileSync(system.calls, 'utf8')).toMatch(/systemctl reset-failed aitbc-miner.service\n(?:.*\n)*systemctl start/)
  })

  it('adds a key that the conf lacks', async () => {
    const system = new FakeSystem()
    writeFileSync(system.conf, 'MAX_CONCURRENCY=1')
    await system.run('--yes', '--wallet', 'w1', system.deb())
    expect(readFileSync(system.conf, 'utf8')).toBe('MAX_CONCURRENCY=1\nWALLET_ADDR="w1"\n')
  })

  it('leaves the conf as it was when the new values do not fit', async () => {
    const system = new FakeSystem()
    writeFileSync(system.conf, CONF)
    system.program('aitbc-miner', 'exit 78')
    const { exitCode, stderr } = await system.run('--yes', '--wallet', 'w1', system.deb())
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('left as it was')])
    expect(readFileSync(system.conf, 'utf8')).toBe(CONF)
  })

  it('refuses a file without a key', async () => {
    const system = new FakeSystem()
    const key = join(system.root, 'key')
    writeFileSync(key, '\n')
    expect(await system.run('--api-key-file', key, system.deb())).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('it should hold the API key'),
    })
    expect(system.changes()).toEqual([])
  })

  it('changes nothing the second time', async () => {
    const system = new FakeSystem()
    writeFileSync(system.conf, CONF)
    system.installed(true)
    await system.run('--yes', '--wallet', 'w1', system.deb())
    const { ino } = statSync(system.conf)
    writeFileSync(system.calls, '')
    const { exitCode, stdout } = await system.run('--yes', '--wallet', 'w1', system.deb())
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('is installed already')])
    expect(system.changes()).toEqual([])
    expect(statSync(system.conf).ino).toBe(ino)
  })

  it.each([
    ['0x10de', 'debian', '13', 'apt install nvidia-driver'],
    ['0x10de', 'ubuntu', '24.04', 'ubuntu-drivers install'],
    ['0x1002', 'debian', '12', 'apt install mesa-vulkan-drivers'],
    ['0x8086', 'ubuntu', '24.04', 'apt install mesa-vulkan-drivers'],
  ])('says which driver a card of vendor %s lacks on %s %s', async (vendor, id, version, advice) => {
    const system = new FakeSystem()
    system.system(id, version)
    system.card(vendor)
    expect((await system.run('--dry-run', system.deb())).stderr).toContain(advice)
  })

  it('removes and purges only with a yes', async () => {
    const system = new FakeSystem()
    system.installed(true)
    expect(await system.run('--purge')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('--yes') })
    expect(system.changes()).toEqual([])
    await system.run('--uninstall', '--yes')
    await system.run('--purge', '--yes')
    expect(system.changes()).toEqual(['apt-get remove --yes aitbc-miner', 'apt-get purge --yes aitbc-miner'])
  })
})
