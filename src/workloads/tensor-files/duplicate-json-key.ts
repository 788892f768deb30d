/**
 * The first name that stands twice in one object of a valid JSON text, or null. `JSON.parse` takes the last of them in silence, so that
 * two readers can see two different files.
 */
export function duplicateJsonKey(json: string): string | null {
  /** Names seen in each object that is open; null for an array. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(null)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const end = stringEnd(json, at)
      const names = open.at(-1)
      if (names != null && isFollowedByColon(json, end)) {
        // Two spellings of one name, by escapes, are the same name.
        const name = String(JSON.parse(json.slice(at, end)))
        if (names.has(name)) return name
        names.add(name)
      }
      at = end - 1
    }
  }
  return null
}

/** Where the string that begins at `start` is over. */
function stringEnd(json: string, start: number): number {
  let at = start + 1
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1
  return at + 1
}

function isFollowedByColon(json: string, at: number): boolean {
  let next = at
  while (json[next] === ' ' || json[next] === '\n' || json[next] === '\r' || json[next] === '\t') next++
  return json[next] === ':'
}
