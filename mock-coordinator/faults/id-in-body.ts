/** The id in a JSON body, of a request or of an answer; null when it has none. */
export function idIn(body: Buffer): string | null {
  try {
    const json: unknown = JSON.parse(body.toString('utf8'))
    return typeof json === 'object' && json !== null && 'id' in json && typeof json.id === 'string' ? json.id : null
  } catch {
    return null
  }
}
