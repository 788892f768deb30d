import { describe, expect, it } from 'vitest'
import { isLinkLocalAddress, isPublicAddress } from '../../../src/models/public-address.ts'

describe('isPublicAddress', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.215.14',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
  ])('takes %s as public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each(['2606:4700::1111', '[2a00:1450:4001:80b::200e]', '2001:4860:4860::8888', '2600::1'])(
    'takes %s as public',
    (address) => {
      expect(isPublicAddress(address)).toBe(true)
    },
  )

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '100.64.0.1',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.1',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.1.1',
    '198.18.0.1',
    '198.19.255.255',
    '198.51.100.1',
    '203.0.113.9',
    '224.0.0.1',
    '239.255.255.255',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:a00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::1',
    '::ffff:0:10.0.0.1',
    '4000::1',
    '5f00::1',
    '8000::1',
    'fbff::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:a00:1::',
    '3fff::1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '[::1]',
  ])('does not take %s as public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each(['', 'localhost', 'example.org', '1.2.3', '256.1.1.1', '0x7f000001', '010.0.0.1', '1.1.1.1 ', ':::'])(
    'does not take %j as public: it is no address',
    (text) => {
      expect(isPublicAddress(text)).toBe(false)
    },
  )
})

describe('isLinkLocalAddress', () => {
  it.each(['169.254.169.254', '169.254.0.1', '::ffff:169.254.169.254', '[::ffff:a9fe:a9fe]', 'fe80::1%eth0', 'fd00:ec2::254'])(
    'takes %s for one that answers this machine alone',
    (address) => {
      expect(isLinkLocalAddress(address)).toBe(true)
    },
  )

  it.each(['127.0.0.1', '10.0.0.1', '169.253.1.1', '8.8.8.8', 'fd12:3456::1', '::1', 'localhost'])(
    'does not take %s for one',
    (address) => {
      expect(isLinkLocalAddress(address)).toBe(false)
    },
  )
})
