import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, it } from 'vitest'
import { certificateFile } from '../../../src/config/certificate-file.ts'
import { tempDir } from '../../support/temp-dir.ts'

const [FIRST = '', SECOND = ''] = rootCertificates

function parse(content: string): ReturnType<ReturnType<typeof certificateFile>['parse']> {
  const path = join(tempDir(), 'ca.pem')
  writeFileSync(path, content)
  return certificateFile().parse(path)
}

describe('a file with certificates', () => {
  it('is read whole, whatever stands between them', () => {
    expect(parse(`# ours\r\n${FIRST}\n\nsubject=x\n${SECOND}`)).toMatchObject({
      ok: true,
      value: { certificates: [FIRST, SECOND] },
    })
  })

  it.each([
    ['nothing', '', 'holds no certificate'],
    ['a key besides', `${FIRST}\n-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n`, 'private key'],
    ['a certificate that is cut off', `${FIRST.slice(0, 400)}\n-----END CERTIFICATE-----\n`, 'cannot be used'],
  ])('is refused when it holds %s', (_what, content, why) => {
    expect(parse(content)).toMatchObject({ ok: false, why: expect.stringContaining(why) })
  })

  it('is refused when it is not there, a folder, or named by half a path', () => {
    const folder = tempDir()
    mkdirSync(join(folder, 'ca'))
    expect(certificateFile().parse(join(folder, 'none.pem'))).toMatchObject({ ok: false, why: expect.stringContaining('ENOENT') })
    expect(certificateFile().parse(join(folder, 'ca'))).toMatchObject({ ok: false, why: 'that is no file' })
    expect(certificateFile().parse('ca.pem')).toMatchObject({ ok: false })
  })
})
