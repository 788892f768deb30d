import { Writable } from 'node:stream'
import winston from 'winston'
import type { LineFormat, LogLine } from './log-line.ts'

/** A winston transport that hands each line, formatted, to a function that writes it. */
export function lineTransport(format: LineFormat, write: (line: string) => void): winston.transports.StreamTransportInstance {
  const stream = new Writable({
    objectMode: true,
    write({ line }: { readonly line: LogLine }, _encoding, done): void {
      write(format(line))
      done()
    },
  })
  return new winston.transports.Stream({ stream })
}
