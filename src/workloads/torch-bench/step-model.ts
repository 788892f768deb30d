import { onnxModel } from '../../engine/child/onnx-graph.ts'

/**
 * The ONNX model of one step of the recurrence:
 *
 *     y = Gemm(x, b, c);  next = Floor(64 · (y − Floor(y)))
 */
export function stepModel(): Uint8Array {
  return onnxModel({
    name: 'step',
    nodes: [
      ['Gemm', ['x', 'b', 'c'], 'y'],
      ['Floor', ['y'], 'whole'],
      ['Sub', ['y', 'whole'], 'fraction'],
      ['Mul', ['fraction', 'sixty_four'], 'scaled'],
      ['Floor', ['scaled'], 'next'],
    ],
    constants: { sixty_four: 64 },
    inputs: [
      { name: 'x', dimensions: ['n', 'n'] },
      { name: 'b', dimensions: ['n', 'n'] },
      { name: 'c', dimensions: ['n'] },
    ],
    outputs: [{ name: 'next', dimensions: ['n', 'n'] }],
  })
}
