import { parseArgs } from 'node:util'
import { describe, expect, it } from 'vitest'
import { sandboxedCommand } from '../../../../src/engine/sandbox/sandboxed-command.ts'

const COMMAND = {
  execPath: '/usr/bin/node',
  args: ['main.js', 'llama', '{"a":1}'],
  environment: { PATH: '/usr/bin', HOME: '/state' },
}
const SETTINGS = { isRequired: false, read: ['/models'], workRoot: '/work', cacheDir: '/state/cache', maxFileBytes: 1000 }

const OPTIONS = {
  read: { type: 'string', multiple: true },
  work: { type: 'string', multiple: true },
  gpu: { type: 'boolean' },
  'file-bytes': { type: 'string' },
  required: { type: 'boolean' },
} as const

describe('sandboxedCommand', () => {
  it('starts the same program by way of the launcher, with the files that it may touch', () => {
    const { execPath, args } = sandboxedCommand(COMMAND, { kind: 'llama', hasGpu: false }, SETTINGS)
    expect(execPath).toBe('/usr/bin/node')
    expect(args.slice(0, 2)).toEqual(['--experimental-ffi', '--disable-warning=ExperimentalWarning'])
    expect(args[2]).toMatch(/\/src\/engine\/sandbox\/launch\.ts$/)
    const { values, positionals } = parseArgs({ args: args.slice(3), options: OPTIONS, allowPositionals: true })
    expect(positionals).toEqual(COMMAND.args)
    expect(values).toEqual({
      read: expect.arrayContaining(['/models']),
      work: ['/work', '/state/cache/llama'],
      'file-bytes': '1000',
    })
  })

  it('gives graphics cards to an engine for one alone, and passes on that a sandbox is required', () => {
    const { args } = sandboxedCommand(COMMAND, { kind: 'onnx', hasGpu: true }, { ...SETTINGS, isRequired: true })
    const { values } = parseArgs({ args: args.slice(3), options: OPTIONS, allowPositionals: true })
    expect(values).toMatchObject({ gpu: true, required: true })
    expect(values['file-bytes']).toBeUndefined()
  })

  it('has an engine look for its own files where it may write', () => {
    const { environment } = sandboxedCommand(COMMAND, { kind: 'llama', hasGpu: false }, SETTINGS)
    expect(environment).toEqual({ PATH: '/usr/bin', HOME: '/state/cache/llama', TMPDIR: '/work' })
  })
})
