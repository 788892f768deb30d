/** True for `localhost`, names under it, 127.0.0.0/8 and ::1, as `URL.hostname` spells them: what never leaves this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return (
    hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
  )
}
