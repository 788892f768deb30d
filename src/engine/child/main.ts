/**
 * The process of one engine: `main.ts KIND SETTINGS`, started by the host with a socket as file descriptor 3.
 * It loads the engine's library, says `ready`, and runs jobs until it is told to shut down or the socket closes.
 */
import { Socket } from 'node:net'
import { CHANNEL_FD } from '../message-lines.ts'
import { ChildChannel } from './child-channel.ts'
import { engineSettings } from './engine-settings.ts'
import { startEngine } from './start-engine.ts'
import { RunTable } from './run-table.ts'

const channel = new ChildChannel(new Socket({ fd: CHANNEL_FD }))

// Whatever the engine's threads are busy with: without its host this process has no reason to be.
channel.onClosed(() => process.kill(process.pid, 'SIGKILL'))
process.on('uncaughtException', endByError)
process.on('unhandledRejection', endByError)

const settings = engineSettings.parse(JSON.parse(process.argv[3] ?? '{}'))
const { identity, runWorkload } = await startEngine(process.argv[2] ?? '', settings)
const runs = new RunTable({ channel, identity, runWorkload })
channel.onMessage((message) => {
  switch (message.type) {
    case 'run':
      return runs.start(message)
    case 'cancel':
      return runs.cancel(message.runId)
    case 'ping':
      return channel.send({ type: 'pong' })
    case 'shutdown':
      // No orderly unloading: the kernel frees memory faster and more surely than destructors of native libraries do.
      return process.exit(0)
    default:
      return message satisfies never
  }
})
channel.send({ type: 'ready', ...identity })

function endByError(error: unknown): void {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`)
  channel.sendLast({ type: 'fatal', message: error instanceof Error ? error.message : String(error) }, () => process.exit(70))
}
