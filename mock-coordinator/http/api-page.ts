import { z } from 'zod'
import type { Endpoint, EndpointAnswer } from '../../src/protocol/endpoints.ts'

const DocumentSchema = z.object({
  info: z.object({ title: z.string(), version: z.string(), description: z.string() }),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

const STYLE = `
:root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 20%, transparent); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
code, pre { font: 14px/1.45 ui-monospace, monospace; } pre { overflow: auto; padding: .75rem; border: 1px solid var(--line); border-radius: 6px; }
.method { font-weight: 600; } .mark { font-size: 12px; border: 1px solid currentColor; border-radius: 4px; padding: 0 .3rem; }
details { margin: .25rem 0; } summary { cursor: pointer; }
`

/** The API as one page of HTML without scripts, made from the tables of endpoints and the OpenAPI document. */
export function renderApiPage(document: unknown, endpoints: Readonly<Record<string, Endpoint>>): string {
  const { info, components } = DocumentSchema.parse(document)
  const rows = Object.values(endpoints).map(renderEndpoint).join('')
  const schemas = Object.entries(components.schemas)
    .map(
      ([name, schema]) =>
        `<details id="${escapeHtml(name)}"><summary>${escapeHtml(name)}</summary><pre>${escapeHtml(JSON.stringify(schema, null, 2))}</pre></details>`,
    )
    .join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escapeHtml(info.title)}</title><style>${STYLE}</style></head><body>
<h1>${escapeHtml(info.title)} <small>${escapeHtml(info.version)}</small></h1>
<p>${escapeHtml(info.description)}</p>
<p>Every call under <code>/v1/</code> takes <code>Authorization: Bearer &lt;API_KEY&gt;</code>. For tools: <a href="/openapi.json">openapi.json</a>. Alive: <a href="/health">health</a>.</p>
<h2>Try it</h2>
<pre>curl -s -H 'Authorization: Bearer demo' -H 'Content-Type: application/json' \\
  --data '{"workload":"llm_gen","params":{"prompt":"Hello","max_tokens":16}}' http://127.0.0.1:8080/v1/jobs</pre>
<h2>Calls</h2>
<table><thead><tr><th>call</th><th>what it does</th><th>key</th><th>answers</th></tr></thead><tbody>${rows}</tbody></table>
<h2>Bodies</h2>${schemas}
</body></html>`
}

function renderEndpoint(endpoint: Endpoint): string {
  const core = endpoint.isCore ? ' <span class="mark">core</span>' : ''
  const own = endpoint.isMockOnly ? ' <span class="mark">mock only</span>' : ''
  const answers = Object.entries<EndpointAnswer>(endpoint.answers)
    .map(([status, answer]) => `<div><b>${status}</b> ${escapeHtml(answer.description)}</div>`)
    .join('')
  const errors = endpoint.errors.map((code) => `<code>${code}</code>`).join(' ')
  return `<tr><td><span class="method">${endpoint.method.toUpperCase()}</span> <code>${escapeHtml(endpoint.path)}</code>${core}${own}</td>
<td>${escapeHtml(endpoint.summary)}</td><td>${endpoint.roles === null ? 'none' : endpoint.roles.join(', ')}</td><td>${answers}${errors}</td></tr>`
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
