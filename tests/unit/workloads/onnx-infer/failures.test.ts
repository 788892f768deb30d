import { describe, expect, it } from 'vitest'
import { loadFailure } from '../../../../src/workloads/onnx-infer/load-model.ts'
import { onnxReason } from '../../../../src/workloads/onnx-infer/onnx-reason.ts'
import { runFailure } from '../../../../src/workloads/onnx-infer/run-failure.ts'

describe('what ONNX Runtime says', () => {
  it('loses the places in its sources and the folders of this machine', () => {
    const said =
      'Load model from /srv/models/ab/m.onnx failed:/onnxruntime_src/onnxruntime/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, const onnxruntime::PathString&)\n Unsupported model IR version: 99, see "/srv/models/ab/m.onnx_data" in /srv/models/ab'
    expect(onnxReason(new Error(said), '/srv/models/ab/m.onnx')).toBe(
      'Unsupported model IR version: 99, see "m.onnx_data" in its folder',
    )
  })

  it('is cut where it has no end', () => {
    expect(onnxReason(new Error('x'.repeat(5000)))).toHaveLength(601)
  })
})

describe('a model that cannot be loaded', () => {
  it.each([
    ['Fatal error: com.acme:Frob(-1) is not a registered function/op', 'E_UNSUPPORTED', 'uses operator com.acme:Frob,'],
    ['Fatal error: ai.onnx:Frob(-1) is not a registered function/op', 'E_UNSUPPORTED', 'uses operator Frob,'],
    [
      'This is an invalid model. Error No Op registered for Frob with domain_version of 21',
      'E_UNSUPPORTED',
      'uses operator Frob,',
    ],
    ["Could not find an implementation for Identity(21) node with name ''", 'E_UNSUPPORTED', 'uses operator Identity,'],
    ['Unsupported data type: 23', 'E_UNSUPPORTED', 'float4e2m1'],
    ['Unsupported data type: 77', 'E_UNSUPPORTED', 'type 77'],
    ['Failed to allocate memory for requested buffer of size 4', 'E_OOM', 'needs more memory'],
    [
      'Type Error: Type parameter (T) of Optype (Add) bound to different types',
      'E_INPUT',
      'cannot be loaded by ONNX Runtime: Type Error',
    ],
  ])('for the reason %j is %s', (reason, code, text) => {
    const { failure } = loadFailure('m', reason, null)
    expect(failure).toMatchObject({
      code,
      message: expect.stringContaining(
        `model m ${text.startsWith('float4') || text.startsWith('type') ? 'has inputs or outputs of ' : ''}${text}`,
      ),
    })
  })
})

describe('a run that failed', () => {
  it.each([
    ['Non-zero status code returned while running Add node. Status Message: 2 by 3', 'E_INVALID'],
    ['Got invalid dimensions for input: x for the following indices', 'E_INVALID'],
    ['Non-zero status code returned while running Add node. Failed to allocate memory for requested buffer of size 9', 'E_OOM'],
    ['Non-zero status code returned while running Conv node. CUDA failure 719: unspecified launch failure', 'E_ENGINE'],
    ['something else', 'E_ENGINE'],
  ])('with %j is %s', (message, code) => {
    expect(runFailure(new Error(message)).failure.code).toBe(code)
  })
})
