import type { ServerResponse } from 'node:http'

/**
 * Has `send` called with the body in the place of sending, when the handler ends its answer as a whole: status and headers
 * are set by then, nothing has left. An answer that is streamed is none of these, and goes its way.
 */
export function takeAnswer(response: ServerResponse, send: (body: Buffer) => void): void {
  Object.defineProperty(response, 'end', {
    configurable: true,
    value: (chunk?: unknown) => {
      // From here on the response's own method is back.
      Reflect.deleteProperty(response, 'end')
      const body = toBuffer(chunk)
      if (response.headersSent) response.end(body)
      else send(body)
      return response
    },
  })
}

function toBuffer(chunk: unknown): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  return chunk instanceof Uint8Array ? Buffer.from(chunk) : Buffer.alloc(0)
}
