import { fileURLToPath } from 'node:url'
import { JobFailureError } from '../domain/failure-codes.ts'

const HUB = 'https://huggingface.co'
const HUB_URI = /^hf:([A-Za-z0-9][A-Za-z0-9._-]*)\/([A-Za-z0-9][A-Za-z0-9._-]*)\/([^@?#\s]+)(?:@([A-Za-z0-9][A-Za-z0-9._/-]*))?$/

export type Source = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'http'; readonly url: URL }

/**
 * Reads a model's or input's URI: `file:///…`, `https://…`, `http://…` or `hf:owner/repo/path@revision` (revision `main` by default).
 * Throws `E_INPUT` for anything else.
 */
export function parseSource(uri: string, hub: string = HUB): Source {
  // Half of a surrogate pair has no UTF-8, and so no place in a request.
  if (!uri.isWellFormed()) throw unreadable(uri)
  const inHub = HUB_URI.exec(uri)
  if (inHub !== null) {
    const [, owner = '', repo = '', path = '', revision = 'main'] = inHub
    if (/(?:^|\/)\.{1,2}(?:\/|$)/.test(`${path}/${revision}`)) throw unreadable(uri)
    const escaped = path.split('/').map(encodeURIComponent).join('/')
    return { kind: 'http', url: new URL(`${hub}/${owner}/${repo}/resolve/${encodeURIComponent(revision)}/${escaped}`) }
  }
  const url = URL.parse(uri)
  if (url === null) throw unreadable(uri)
  if (url.protocol === 'https:' || url.protocol === 'http:') return { kind: 'http', url }
  if (url.protocol !== 'file:') throw unreadable(uri)
  try {
    const path = fileURLToPath(url)
    if (path.includes('\0')) throw unreadable(uri)
    return { kind: 'file', path }
  } catch {
    throw unreadable(uri)
  }
}

/** The URI of a file that lies beside this one, or below: `relative` is a path with slashes. */
export function siblingUri(uri: string, relative: string): string {
  const [, revision = ''] = /^hf:[^@]*(@.*)?$/.exec(uri) ?? []
  if (uri.startsWith('hf:')) return `${uri.slice(0, uri.length - revision.length).replace(/[^/]*$/, '')}${relative}${revision}`
  const url = new URL(uri)
  url.pathname = `${url.pathname.replace(/[^/]*$/, '')}${relative.split('/').map(encodeURIComponent).join('/')}`
  return url.href
}

/** A URI without query and fragment, which may hold a signature, and another one each time. */
export function withoutQuery(uri: string): string {
  return uri.replace(/[?#].*$/s, '')
}

function unreadable(uri: string): JobFailureError {
  const shown = JSON.stringify(uri.length > 200 ? `${uri.slice(0, 200)}…` : uri)
  return new JobFailureError(
    'E_INPUT',
    `${shown} is no address that this miner reads: use https://…, hf:owner/repo/file@revision or file:///…`,
  )
}
