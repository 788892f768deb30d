import parse from 'spdx-expression-parse'
import type { LicenceExpression } from 'spdx-expression-parse'

/** SPDX's ids of the licences under which parts may be shipped with a program under the MIT licence, without conditions on it. */
const ALLOWED = new Set([
  'MIT',
  'ISC',
  '0BSD',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSL-1.0',
  'CC0-1.0',
  'Unicode-3.0',
  'Unlicense',
  'Zlib',
  'blessing',
  'curl',
  // Its condition is on its own files, none of which we change; where its sources are is in the list of parts.
  'MPL-2.0',
])

/**
 * Why a part with this licence may not be shipped: it names none, one that nobody here has judged, or one whose conditions reach
 * the whole program (the GPL and its like). Null when it may. Of a choice, one allowed licence is enough.
 */
export function licenceFault(expression: string | null): string | null {
  if (expression === null || expression === '') return 'it tells no licence'
  let parsed: LicenceExpression
  try {
    parsed = parse(expression)
  } catch {
    return `its licence "${expression}" is not an expression of SPDX`
  }
  return isAllowed(parsed)
    ? null
    : `its licence ${expression} is not among those allowed in scripts/supply-chain/licence-policy.ts`
}

function isAllowed(part: LicenceExpression): boolean {
  if ('conjunction' in part) {
    const sides = [part.left, part.right]
    return part.conjunction === 'or' ? sides.some(isAllowed) : sides.every(isAllowed)
  }
  return part.exception === undefined && part.plus !== true && ALLOWED.has(part.license)
}
