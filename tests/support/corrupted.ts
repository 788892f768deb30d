/** What random damage does to a file; `headBytes` is where its description lies, before what it describes. */
export function corrupted(
  good: Uint8Array,
  headBytes: number,
  random: () => number,
): { readonly how: string; readonly bytes: Buffer } {
  const upTo = (limit: number): number => Math.floor(random() * limit)
  const bytes = Buffer.from(good)
  const at = upTo(Math.min(headBytes, bytes.length))
  switch (upTo(5)) {
    case 0:
      return { how: `cut at ${at}`, bytes: bytes.subarray(0, at) }
    case 1: {
      const end = upTo(bytes.length)
      return { how: `cut at ${end}`, bytes: bytes.subarray(0, end) }
    }
    case 2: {
      const value = upTo(256)
      bytes[at] = value
      return { how: `byte ${at} is ${value}`, bytes }
    }
    case 3: {
      const end = Math.min(at + 8, bytes.length)
      bytes.fill(0xff, at, end)
      return { how: `bytes ${at} to ${end} are 255`, bytes }
    }
    default: {
      const end = Math.min(at + 1 + upTo(64), bytes.length)
      for (let each = at; each < end; each += 1) bytes[each] = upTo(256)
      return { how: `bytes ${at} to ${end} are noise`, bytes }
    }
  }
}
