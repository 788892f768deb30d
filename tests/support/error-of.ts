/** What the action throws; throws itself when it does not. */
export function errorOf(action: () => unknown): unknown {
  try {
    action()
  } catch (error) {
    return error
  }
  throw new Error('no error was thrown')
}
