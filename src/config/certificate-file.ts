import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'

import { absolutePath } from './value-types.ts'
import type { Parsed, ValueType } from './value-types.ts'

/** Certificates as they were when the configuration was read, so that a change of the file is a change of the setting. */
export interface CertificateFile {
  readonly path: string
  /** PEM, one each. */
  readonly certificates: readonly string[]
}

const MAX_BYTES = 1024 * 1024
const PEM_CERTIFICATE = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g

/** The path of a file with certificates in PEM, which is read at once. */
export function certificateFile(): ValueType<CertificateFile> {
  const path = absolutePath()
  return {
    expected: 'an absolute path of a file with certificates in PEM',
    isSecret: false,
    parse: (text) => {
      const parsed = path.parse(text)
      return parsed.ok ? readCertificates(parsed.value) : parsed
    },
  }
}

function wrong(why: string): Parsed<never> {
  return { ok: false, why }
}

function readCertificates(path: string): Parsed<CertificateFile> {
  try {
    const stat = statSync(path)
    if (!stat.isFile()) return wrong('that is no file')
    if (stat.size > MAX_BYTES) return wrong('that file has more than 1 MiB')
    const text = readFileSync(path, 'latin1')
    if (text.includes('PRIVATE KEY-----')) return wrong('that file holds a private key; it must hold certificates alone')
    const certificates = text.match(PEM_CERTIFICATE) ?? []
    if (certificates.length === 0) return wrong('that file holds no certificate in PEM (-----BEGIN CERTIFICATE-----)')
    for (const certificate of certificates) void new X509Certificate(certificate)
    return { ok: true, value: { path, certificates: Object.freeze([...certificates]) } }
  } catch (error) {
    return wrong(`that file cannot be used (${error instanceof Error ? error.message : String(error)})`)
  }
}
