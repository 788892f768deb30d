import { describe, expect, it } from 'vitest'
import { childEnvironment } from '../../../src/engine/child-environment.ts'

const OWN = { PATH: '/bin', HOME: '/root', API_KEY: 'k', AITBC_API_KEY: 'k', NODE_OPTIONS: '--inspect', NOTIFY_SOCKET: '/run/x' }

describe('childEnvironment', () => {
  it.each(['llama', 'onnx'] as const)(
    'lets the %s engine see where programs are, and no secret nor what was meant for the daemon',
    (kind) => {
      const seen = childEnvironment(kind, OWN, {})
      expect(seen).toMatchObject({ PATH: '/bin', HOME: '/root' })
      expect(Object.keys(seen)).not.toEqual(expect.arrayContaining([expect.stringMatching(/API_KEY|NODE_OPTIONS|NOTIFY_SOCKET/)]))
    },
  )

  it('gives llama.cpp one thread of libuv', () => {
    expect(childEnvironment('llama', OWN, {})['UV_THREADPOOL_SIZE']).toBe('1')
  })

  it('keeps ONNX Runtime from reporting its use to its maker', () => {
    expect(childEnvironment('onnx', OWN, {})['ORT_DISABLE_TELEMETRY']).toBe('1')
  })

  it("shows a child its own card, whatever the daemon's environment names", () => {
    const own = { ...OWN, CUDA_VISIBLE_DEVICES: '0,1' }
    expect(childEnvironment('onnx', own, { CUDA_VISIBLE_DEVICES: 'GPU-2' })['CUDA_VISIBLE_DEVICES']).toBe('GPU-2')
  })
})
