import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until the answer is true; throws with the description when `limitMs` has passed. */
export async function eventually(description: string, check: () => boolean | Promise<boolean>, limitMs = 60_000): Promise<void> {
  const untilMs = performance.now() + limitMs
  while (!(await check())) {
    if (performance.now() > untilMs) throw new Error(`not within ${limitMs} ms: ${description}`)
    await sleep(10)
  }
}
