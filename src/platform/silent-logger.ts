import type { Logger } from '../domain/ports.ts'

/** For commands that tell the operator themselves what they do. */
export function silentLogger(): Logger {
  const logger: Logger = { error() {}, warn() {}, info() {}, debug() {}, child: () => logger }
  return logger
}
