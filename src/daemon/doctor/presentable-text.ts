/** Makes text from anywhere fit to be shown: without these secrets, on one line, without characters that drive a terminal. */
export function presentableText(secrets: readonly string[]): (text: string) => string {
  return (text) => {
    const shown = secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '[redacted]')), text)
    return shown.replaceAll(/\p{Cc}+/gu, ' ')
  }
}
