import type { ServerResponse } from 'node:http'
import type { ApiError } from '../api-error.ts'

const JSON_TYPE = 'application/json; charset=utf-8'

/** Sends JSON text as it is. */
export function sendJsonText(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return
  response.statusCode = status
  response.setHeader('Content-Type', JSON_TYPE)
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}

/** Answers with JSON, unless an answer has begun or the caller is gone. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  sendJsonText(response, status, JSON.stringify(body))
}

/** Sends an error in the API's shape. */
export function sendError(response: ServerResponse, error: ApiError): void {
  if (error.status === 401) response.setHeader('WWW-Authenticate', 'Bearer')
  if (error.status === 503 || error.status === 429) response.setHeader('Retry-After', response.getHeader('Retry-After') ?? '1')
  sendJson(response, error.status, error.toBody())
}
