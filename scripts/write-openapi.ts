/**
 * Writes `docs/openapi.json` from the schemas of src/protocol.
 *
 *     npm run openapi               writes it
 *     npm run openapi -- --check    only compares, and ends with 1 when it is out of date
 */
import { buildOpenApiDocument } from '../src/protocol/openapi.ts'
import { writeOrCheck } from './generated-files.ts'

const text = `${JSON.stringify(buildOpenApiDocument(), null, 2)}\n`

writeOrCheck(new Map([['docs/openapi.json', text]]), 'src/protocol', 'npm run openapi')
