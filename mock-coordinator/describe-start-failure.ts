/** Why the coordinator could not start, and what to do about it where that can be told. */
export function describeStartFailure(error: unknown, { host, port }: { readonly host: string; readonly port: number }): string {
  const code = error instanceof Error && 'code' in error ? error.code : null
  switch (code) {
    case 'EADDRINUSE':
      return `another program listens on port ${port} of ${host}: end it, or take another port with --port (0 takes any free one)`
    case 'EACCES':
      return `port ${port} of ${host} may not be used by this user: take one above 1023 with --port`
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `${host} is no address of this machine: give one of its addresses with --host`
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
