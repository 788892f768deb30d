import { writeFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import fc from 'fast-check'
import { JobFailureError } from '../../../src/domain/failure-codes.ts'
import { squareModel } from '../../../src/engine/child/onnx-graph.ts'
import { field, integerField, message } from '../../../src/engine/child/protobuf-fields.ts'
import { externalDataFiles } from '../../../src/models/onnx-external-data.ts'
import { fuzzFolder } from '../fuzz-folder.ts'
import { fuzzTarget } from '../fuzz-target.ts'
import { damagedBytes } from '../mutations/byte-edits.ts'

const INITIALIZER = 5
const MAX_MESSAGE = 2_000

const place = fc.oneof(
  fc.constantFrom('weights.bin', 'a/b.data', '../x', '/etc/passwd', 'a/../../x', '.', '', 'x\0', 'a\\b', './a', 'é'),
  fc.string({ maxLength: 12 }),
)

/** A model of one tensor that lies elsewhere, within so many graphs in graphs. */
function modelAt(location: string, depth: number): Uint8Array {
  const entry = message(field(1, 'location'), field(2, location))
  const tensor = message(integerField(1, 4), field(8, 'w'), field(13, entry), integerField(14, 1))
  let graph = message(field(INITIALIZER, tensor))
  for (let level = 0; level < depth; level += 1) graph = message(field(1, message(field(5, message(field(6, graph))))))
  return message(integerField(1, 8), field(7, graph))
}

interface Model {
  readonly bytes: Uint8Array
  /** What a model without damage names; null for a damaged one. */
  readonly location: string | null
}

const whole = fc.tuple(place, fc.nat(30)).map(([location, depth]): Model => ({ bytes: modelAt(location, depth), location }))
const damaged = damagedBytes(
  fc.oneof(
    whole.map(({ bytes }) => bytes),
    fc.constant(squareModel()),
  ),
  { maxEdits: 4 },
).map((bytes): Model => ({ bytes, location: null }))

/** The places of a model's data are files beside it, or the model is refused with `E_INPUT`; none is overlooked. */
export const onnxExternalData = fuzzTarget<Model>({
  name: 'onnx-external-data',
  input: () => fc.oneof(whole, damaged),
  open: () => {
    const folder = fuzzFolder()
    const path = join(folder.path, 'model.onnx')
    return {
      holds: async ({ bytes, location }) => {
        writeFileSync(path, bytes)
        const files = await filesOf(path)
        if (files === null) return
        const leaving = files.find(
          (file) =>
            file === '' ||
            normalize(join(folder.path, file)) !== join(folder.path, file) ||
            !normalize(join(folder.path, file)).startsWith(`${folder.path}/`),
        )
        if (leaving !== undefined) throw new Error(`leaves its folder: ${JSON.stringify(leaving)}`)
        if (location !== null && !files.includes(location)) throw new Error(`overlooked: ${JSON.stringify(location)}`)
      },
      close: folder.remove,
    }
  },
})

async function filesOf(path: string): Promise<readonly string[] | null> {
  try {
    return await externalDataFiles(path)
  } catch (error) {
    if (!(error instanceof JobFailureError) || error.failure.code !== 'E_INPUT') throw error
    if (error.message.length > MAX_MESSAGE) throw new Error(`a message of ${error.message.length} characters`, { cause: error })
    return null
  }
}
