import { spawnSync } from 'node:child_process'

/**
 * Runs a program to its end and returns what it wrote to standard output. Throws with its complaint when it fails, and with the name
 * of the Debian package to install when it is not there.
 */
export function runTool(
  command: readonly [string, ...string[]],
  options: { readonly debianPackage?: string; readonly env?: Readonly<Record<string, string>> } = {},
): string {
  const [program, ...args] = command
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC', ...options.env },
  })
  if (error !== undefined) {
    const advice = options.debianPackage === undefined ? '' : `: apt install ${options.debianPackage}`
    throw new Error(`${program} cannot be run (${error.message})${advice}`, { cause: error })
  }
  if (status !== 0) throw new Error(`"${command.join(' ')}" ended with ${status}: ${(stderr || stdout).trim()}`)
  return stdout
}
