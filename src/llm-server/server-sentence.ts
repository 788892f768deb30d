import { z } from 'zod'
import type { Redactor } from '../domain/redactor.ts'

const MAX_CHARS = 500

const sentence = z.object({ message: z.string() }).transform(({ message }) => message)

/** A validation error of FastAPI, as vLLM and SGLang are built on. */
const validationErrors = z
  .array(z.object({ loc: z.array(z.union([z.string(), z.number()])).optional(), msg: z.string() }))
  .min(1)
  .transform((errors) => errors.map(({ loc, msg }) => (loc === undefined ? msg : `${loc.join('.')}: ${msg}`)).join('; '))

const errorBody = z.union([
  z.object({ error: z.union([z.string(), sentence]) }).transform(({ error }) => error),
  z.object({ detail: z.union([z.string(), validationErrors]) }).transform(({ detail }) => detail),
  z.object({ object: z.literal('error'), message: z.string() }).transform(({ message }) => message),
])

/** The sentence in an error body, in any of the shapes that servers give it; null for a body that is no error. */
export function sentenceOf(body: unknown): string | null {
  const parsed = errorBody.safeParse(body)
  return parsed.success ? parsed.data : null
}

/** Makes what a server says fit to be shown: without the key, in one line, and not at any length. */
export function presentable(text: string, redactor: Redactor): string {
  const line = redactor
    .clean(text)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  return line.length > MAX_CHARS ? `${line.slice(0, MAX_CHARS)}…` : line
}
