import { Redactor } from '../../domain/redactor.ts'

/** Makes text from anywhere fit to be shown: without these secrets, on one line, without characters that drive a terminal. */
export function presentableText(secrets: readonly string[]): (text: string) => string {
  const redactor = new Redactor(secrets)
  return (text) => redactor.clean(text).replaceAll(/\p{Cc}+/gu, ' ')
}
