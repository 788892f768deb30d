/** How TLS is spoken. */
export interface VerifyingTls {
  readonly rejectUnauthorized: true
  readonly ca?: string[]
}

/**
 * Options of a connection whose certificate is verified whatever the environment of the process says: against these, in PEM, alone, or
 * (null) against what Node trusts.
 */
export function verifyingTls(certificates: readonly string[] | null): VerifyingTls {
  return { rejectUnauthorized: true, ...(certificates === null ? {} : { ca: [...certificates] }) }
}
