import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createServiceNotifier } from '../../../src/platform/service-notifier.ts'
import { RecordingLogger } from '../../support/recording-logger.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A stand-in for systemd-notify that writes down what it is told. */
function recordingCommand(): { command: string; told: () => string[] } {
  const folder = tempDir()
  const command = join(folder, 'notify')
  writeFileSync(command, `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >> "${folder}/told"\n`, { mode: 0o755 })
  return { command, told: () => readFileSync(join(folder, 'told'), 'utf8').trim().split('\n') }
}

describe('the service notifier', () => {
  it('tells what comes together in one message, and the rest in order', async () => {
    const { command, told } = recordingCommand()
    const notifier = createServiceNotifier({
      notifySocket: '/run/notify',
      logger: new RecordingLogger().expectNoErrors(),
      command,
    })
    notifier.status('first')
    notifier.status('mining\nREADY=0')
    notifier.ready()
    await notifier.flush()
    notifier.watchdog()
    notifier.stopping(90_000)
    await notifier.flush()
    expect(told()).toEqual([
      '/run/notify STATUS=mining READY=0 READY=1',
      '/run/notify WATCHDOG=1 STOPPING=1 EXTEND_TIMEOUT_USEC=90000000',
    ])
  })

  it('logs a failure once and goes on', async () => {
    const logger = new RecordingLogger().expectNoErrors()
    const notifier = createServiceNotifier({ notifySocket: '/run/notify', logger, command: '/nonexistent/notify' })
    for (let n = 0; n < 3; n += 1) {
      notifier.watchdog()
      await notifier.flush()
    }
    expect(logger.messages('warn')).toEqual(['service manager not told'])
  })

  it('runs nothing without a socket', async () => {
    const logger = new RecordingLogger().expectNoErrors()
    const notifier = createServiceNotifier({ notifySocket: undefined, logger, command: '/nonexistent/notify' })
    notifier.ready()
    await notifier.flush()
    expect(logger.lines).toEqual([])
  })
})
