import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../../src/main.ts', import.meta.url))

export interface CommandResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command as its users do, in a process of its own, with nothing of this process's `AITBC_` environment. */
export async function runCommand(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  const own = Object.entries(process.env).filter(([name]) => !/^(?:AITBC_|FORCE_COLOR$)/.test(name))
  return await new Promise((resolve, reject) => {
    execFile(process.execPath, [MAIN, ...args], { env: { ...Object.fromEntries(own), ...env } }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, stdout, stderr })
    })
  })
}
