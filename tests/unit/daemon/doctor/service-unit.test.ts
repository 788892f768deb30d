import { describe, expect, it } from 'vitest'
import { parseUnit } from '../../../../src/daemon/doctor/service-unit.ts'

describe('parseUnit', () => {
  it('reads what systemctl show says of a running service', () => {
    const text =
      'LoadState=loaded\nActiveState=active\nSubState=running\nResult=success\nEnvironment=NODE_EXTRA_CA_CERTS=/etc/aitbc/ca.pem A=b=c\nPrivateTmp=yes\n'
    expect(parseUnit(text)).toEqual({
      isLoaded: true,
      isMasked: false,
      state: 'active (running)',
      result: 'success',
      isFailing: false,
      hasPrivateTmp: true,
      environment: new Map([
        ['NODE_EXTRA_CA_CERTS', '/etc/aitbc/ca.pem'],
        ['A', 'b=c'],
      ]),
    })
  })

  it.each([
    ['failed', 'failed'],
    ['activating', 'auto-restart'],
  ])('takes %s (%s) for failing', (active, sub) => {
    expect(parseUnit(`LoadState=loaded\nActiveState=${active}\nSubState=${sub}\nResult=exit-code\n`).isFailing).toBe(true)
  })

  it('knows a unit whose every start is forbidden', () => {
    expect(parseUnit('LoadState=masked\nActiveState=inactive\nSubState=dead\n')).toMatchObject({
      isLoaded: false,
      isMasked: true,
    })
  })

  it('knows a unit that is not there', () => {
    const unit = parseUnit('LoadState=not-found\nActiveState=inactive\nSubState=dead\nResult=success\nPrivateTmp=no\n')
    expect(unit).toMatchObject({ isLoaded: false, isFailing: false, hasPrivateTmp: false })
  })
})
