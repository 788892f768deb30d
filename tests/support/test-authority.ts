import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tempDir } from './temp-dir.ts'

export interface ServerCertificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

/** A certificate authority of one test's own, made by openssl. */
export class TestAuthority {
  readonly #folder = tempDir()
  readonly name: string

  constructor(name = 'Authority of a test') {
    this.name = name
    this.#newKey('ca', ['-x509', '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE'], name)
  }

  /** The file with its certificate. */
  get certificateFile(): string {
    return join(this.#folder, 'ca.pem')
  }

  /** A certificate for this machine, or for another `host`; one that is valid for so many days, which may be negative. */
  issue({ host = 'localhost', days = 2 }: { readonly host?: string; readonly days?: number } = {}): ServerCertificate {
    this.#newKey('server', [], host)
    const extensions = join(this.#folder, 'extensions')
    writeFileSync(extensions, `subjectAltName=DNS:${host}${host === 'localhost' ? ',IP:127.0.0.1' : ''}\n`)
    const signing = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', String(days), '-extfile', extensions]
    this.#openssl(['x509', '-req', '-in', 'server.pem', ...signing, '-out', 'signed.pem'])
    return this.#pair('signed.pem', 'server.key')
  }

  /** Its own certificate and key, for a server whose certificate nobody signed but itself. */
  selfSigned(): ServerCertificate {
    const names = ['-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1']
    this.#newKey('self', ['-x509', '-days', '2', ...names], 'localhost')
    return this.#pair('self.pem', 'self.key')
  }

  #newKey(name: string, options: readonly string[], subject: string): void {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    this.#openssl(['req', ...curve, '-keyout', `${name}.key`, '-out', `${name}.pem`, '-subj', `/CN=${subject}`, ...options])
  }

  #pair(cert: string, key: string): ServerCertificate {
    const read = (name: string): string => readFileSync(join(this.#folder, name), 'utf8')
    return { cert: read(cert), key: read(key) }
  }

  #openssl(args: readonly string[]): void {
    execFileSync('openssl', args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
