import { describe, expect, it } from 'vitest'
import { backendsFor, gpuDevice, visibilityOf } from '../../../src/engine/engine-device.ts'
import { gpu } from '../hardware/sample-gpu.ts'

const NVIDIA = gpu(2, { uuid: 'GPU-1', hasCuda: true, vulkanIndex: 1 })
const AMD = gpu(0, { vendor: 'amd', uuid: 'abc', hasCuda: false, vulkanIndex: 0 })
const UNNUMBERED = gpu(0, { vendor: 'intel', uuid: null, hasCuda: false, vulkanIndex: null })

describe('an engine device', () => {
  it('is named after the card', () => {
    expect(gpuDevice(NVIDIA).id).toBe('gpu2')
  })

  it('tries CUDA before Vulkan or WebGPU, and the processor last', () => {
    expect(backendsFor('llama', NVIDIA, 1)).toEqual(['cuda', 'vulkan', 'cpu'])
    expect(backendsFor('onnx', NVIDIA, 1)).toEqual(['cuda', 'webgpu', 'cpu'])
    expect(backendsFor('llama', AMD, 1)).toEqual(['vulkan', 'cpu'])
    expect(backendsFor('onnx', null, 1)).toEqual(['cpu'])
  })

  it('does not try what could take another card than its own', () => {
    expect(backendsFor('llama', UNNUMBERED, 2)).toEqual(['cpu'])
    expect(backendsFor('llama', UNNUMBERED, 1)).toEqual(['vulkan', 'cpu'])
    expect(backendsFor('onnx', AMD, 2)).toEqual(['cpu'])
  })

  it('lets a child see its card alone', () => {
    expect(visibilityOf(NVIDIA)).toEqual({ CUDA_VISIBLE_DEVICES: 'GPU-1', GGML_VK_VISIBLE_DEVICES: '1' })
    expect(visibilityOf(AMD)).toEqual({ CUDA_VISIBLE_DEVICES: '', GGML_VK_VISIBLE_DEVICES: '0' })
    expect(visibilityOf(null)).toEqual({ CUDA_VISIBLE_DEVICES: '' })
  })
})
