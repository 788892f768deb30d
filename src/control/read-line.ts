import type { Socket } from 'node:net'

/**
 * The first line that comes through the socket, without its line break. Rejects when the peer ends before the line does, the line
 * is longer than `maxBytes`, the socket fails, or nothing comes for `timeoutMs`.
 */
export async function readLine(socket: Socket, maxBytes: number, timeoutMs: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the connection ended in the middle of a message')))
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (chunk.includes(0x0a)) {
        const text = Buffer.concat(chunks, length).toString('utf8')
        resolve(text.slice(0, text.indexOf('\n')))
      } else if (length > maxBytes) {
        socket.destroy(new Error(`a message of more than ${maxBytes} bytes`))
      }
    })
  })
}
