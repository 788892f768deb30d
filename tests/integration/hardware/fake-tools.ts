import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from '../../support/temp-dir.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures/nvidia-smi')

/** A folder for PATH with programs that play what a test chooses. */
export class FakeTools {
  readonly folder = tempDir()

  constructor() {
    // Whatever this machine has of nvidia-smi and vulkaninfo must not be found.
    for (const program of ['cat', 'dirname', 'sleep', 'yes']) {
      const found = ['/usr/bin', '/bin'].map((folder) => join(folder, program)).find((path) => existsSync(path))
      if (found === undefined) throw new Error(`no ${program} on this machine`)
      symlinkSync(found, join(this.folder, program))
    }
  }

  /** As the daemon's environment. */
  get environment(): Record<string, string> {
    return { PATH: this.folder }
  }

  /** nvidia-smi answers with this folder of tests/fixtures/nvidia-smi from now on. */
  playNvidia(recording: string): this {
    const program = join(this.folder, 'nvidia-smi')
    if (!existsSync(program)) copyFileSync(join(FIXTURES, 'nvidia-smi'), program)
    // At a stroke, since it may be running.
    const next = join(this.folder, 'play.next')
    symlinkSync(join(FIXTURES, recording), next)
    renameSync(next, join(this.folder, 'play'))
    return this
  }

  /** vulkaninfo answers with this file of tests/fixtures/nvidia-smi/vulkaninfo from now on. */
  playVulkan(recording: string): this {
    const file = join(FIXTURES, 'vulkaninfo', recording)
    writeFileSync(join(this.folder, 'vulkaninfo'), `#!/bin/sh\necho "$*" >>"${this.folder}/vulkan-calls"\ncat "${file}"\n`, {
      mode: 0o755,
    })
    return this
  }

  /** A program that finds no Vulkan device. */
  playNoVulkan(): this {
    writeFileSync(
      join(this.folder, 'vulkaninfo'),
      '#!/bin/sh\necho "ERROR: [Loader Message] VK_ERROR_INCOMPATIBLE_DRIVER" >&2\nexit 1\n',
      { mode: 0o755 },
    )
    return this
  }

  /** How nvidia-smi was called, in order. */
  get nvidiaCalls(): string[] {
    return lines(join(this.folder, 'calls'))
  }

  get vulkanCalls(): string[] {
    return lines(join(this.folder, 'vulkan-calls'))
  }

  /** The process that a hanging nvidia-smi has started; null before it has. */
  get sleeperPid(): number | null {
    const pid = Number(lines(join(this.folder, 'sleeper'))[0] ?? '')
    return pid > 0 ? pid : null
  }
}

/** A folder like /sys with these PCI devices, each with its files. */
export function fakeSysfs(devices: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const root = tempDir()
  for (const [address, files] of Object.entries(devices)) {
    for (const [name, text] of Object.entries(files)) {
      const path = join(root, 'bus/pci/devices', address, name)
      mkdirSync(join(path, '..'), { recursive: true })
      writeFileSync(path, `${text}\n`)
    }
  }
  return root
}

/** The `uevent` file of a device. */
export function uevent(address: string, id: string, driver: string | null, pciClass = '30000'): string {
  return [
    ...(driver === null ? [] : [`DRIVER=${driver}`]),
    `PCI_CLASS=${pciClass}`,
    `PCI_ID=${id}`,
    `PCI_SLOT_NAME=${address}`,
  ].join('\n')
}

function lines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, 'utf8').trimEnd().split('\n') : []
}
