/** A span in the one or two units that matter: `8 s`, `3 min 20 s`, `2 h 5 min`, `4 d 1 h`. */
export function formatSpan(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`
}

/** The span from an ISO 8601 time to now. */
export function formatAge(iso: string, nowMs: number): string {
  const sinceMs = Date.parse(iso)
  return Number.isNaN(sinceMs) ? 'an unknown time' : formatSpan((nowMs - sinceMs) / 1000)
}
