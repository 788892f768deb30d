import { execFileSync } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { tempDir } from './temp-dir.ts'

/** Why a test that needs a disk of its own must be left out; null where it can run. */
export const whyNoSmallDisk: string | null = tryMount()

/** A disk of so many KiB, in memory, mounted on a folder of its own until the test ends. */
export class SmallDisk {
  readonly path = tempDir()

  constructor(sizeKib: number) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'aitbc-test', this.path])
    onTestFinished(() => {
      execFileSync('umount', ['--lazy', this.path])
    })
  }

  /** Takes all that is free. */
  fill(): void {
    const descriptor = openSync(join(this.path, 'filler'), 'a')
    try {
      for (;;) writeSync(descriptor, Buffer.alloc(4096))
    } catch {
      // It is full.
    } finally {
      closeSync(descriptor)
    }
  }

  /** Gives it back. */
  free(): void {
    rmSync(join(this.path, 'filler'))
  }

  resize(sizeKib: number): void {
    execFileSync('mount', ['-o', `remount,size=${sizeKib}k`, this.path])
  }

  setReadOnly(): void {
    execFileSync('mount', ['-o', 'remount,ro', this.path])
  }
}

function tryMount(): string | null {
  if (process.getuid?.() !== 0) return 'only root can mount a small disk'
  try {
    // In a namespace of its own, so that nothing is left.
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'aitbc-test', '/mnt'], { stdio: 'pipe' })
    return null
  } catch (error) {
    return `this system lets nobody mount a small disk: ${String(error)}`
  }
}
