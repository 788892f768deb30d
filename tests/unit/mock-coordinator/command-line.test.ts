import { describe, expect, it } from 'vitest'
import { HELP, parseCommandLine } from '../../../mock-coordinator/command-line.ts'

describe('parseCommandLine', () => {
  it('listens on loopback port 8080 unless told otherwise', () => {
    expect(parseCommandLine([])).toMatchObject({ host: '127.0.0.1', port: 8080, dbPath: null, isStrict: false })
  })

  it.each([
    [['--port', 'http'], '--port must be a whole number'],
    [['--port', '70000'], '65535'],
    [['--keys', 'k.json'], 'add it'],
    [['--max-attempts', '0'], '--max-attempts must be a whole number'],
    [['--nonsense'], '--nonsense'],
  ])('refuses %j', (args, message) => {
    expect(() => parseCommandLine(args)).toThrow(message)
  })

  it('explains every option in its help', () => {
    for (const option of ['port', 'host', 'db', 'strict', 'keys', 'lease-secs', 'max-attempts', 'faults', 'quiet', 'help'])
      expect(HELP).toContain(`--${option}`)
  })
})
