import { describe, expect, it } from 'vitest'
import { SourcePolicy } from '../../../src/models/source-policy.ts'
import { errorOf } from '../../support/error-of.ts'

const POLICY = new SourcePolicy({ hosts: ['huggingface.co', '*.hf.co'], allowsPrivate: false })

describe('SourcePolicy', () => {
  it.each(['https://huggingface.co/x', 'https://HuggingFace.co./x', 'https://cdn.hf.co/x', 'https://a.b.hf.co:8443/'])(
    'lets %s be fetched',
    (url) => {
      expect(POLICY.checkUrl(new URL(url))).toBeUndefined()
    },
  )

  it.each([
    'https://hf.co/',
    'https://evilhf.co/',
    'https://huggingface.co.evil.org/',
    'http://huggingface.co/',
    'https://8.8.8.8/',
    'https://10.0.0.1/',
    'https://u@huggingface.co/',
  ])('refuses %s', (url) => {
    expect(errorOf(() => POLICY.checkUrl(new URL(url)))).toMatchObject({ failure: { code: 'E_DENY' } })
  })

  it.each(['http://169.254.169.254/latest/meta-data/', 'https://[::ffff:a9fe:a9fe]/', 'http://[fd00:ec2::254]/'])(
    'refuses %s also where private addresses are allowed',
    (url) => {
      const policy = new SourcePolicy({ hosts: ['*'], allowsPrivate: true })
      expect(policy.checkUrl(new URL('http://10.0.0.1/'))).toBeUndefined()
      expect(errorOf(() => policy.checkUrl(new URL(url)))).toMatchObject({ failure: { code: 'E_DENY' } })
    },
  )

  it('lets the operator fetch from every public host, and from no private one', () => {
    const policy = POLICY.forOperator()
    expect(policy.checkUrl(new URL('https://anywhere.example/'))).toBeUndefined()
    expect(errorOf(() => policy.checkUrl(new URL('https://192.168.0.1/')))).toMatchObject({ failure: { code: 'E_DENY' } })
  })
})
