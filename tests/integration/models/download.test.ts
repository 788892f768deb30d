import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { FileRequest } from '../../../src/models/file-fetcher.ts'
import { guardedGet } from '../../../src/models/guarded-request.ts'
import { SourcePolicy } from '../../../src/models/source-policy.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { FileServer, sha256, someBytes } from './file-server.ts'
import { failure, fetcher } from './store-setup.ts'

const FILE = someBytes(300_000)

async function served(): Promise<FileServer> {
  const server = await FileServer.start()
  server.files.set('/a.bin', FILE)
  return server
}

function wants(uri: string, options: Partial<FileRequest> = {}): FileRequest {
  return {
    uri,
    toPath: join(tempDir(), 'file'),
    sha256: null,
    bytes: null,
    maxBytes: 10_000_000,
    signal: new AbortController().signal,
    onBytes: () => {},
    ...options,
  }
}

describe('FileFetcher over http', () => {
  it('brings a file and tells its hash', async () => {
    const server = await served()
    const request = wants(server.url('/a.bin'))
    expect(await fetcher().fetch(request)).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(readFileSync(request.toPath).equals(FILE)).toBe(true)
    expect(existsSync(`${request.toPath}.validator`)).toBe(false)
  })

  it('goes on where a broken connection ended, and hashes the whole', async () => {
    const server = await served()
    server.breakAfter('/a.bin', 100_000)
    const request = wants(server.url('/a.bin'), { sha256: sha256(FILE), onBytes: server.watch })
    expect(await fetcher().fetch(request)).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(server.requests[0]?.headers.range).toBeUndefined()
    expect(server.requests[1]?.headers.range).toBe('bytes=100000-')
    expect(server.requests[1]?.headers['if-range']).toMatch(/^"/)
  })

  it('starts over when the file has changed in between', async () => {
    const server = await served()
    server.files.set('/a.bin', someBytes(5000, 7))
    server.breakAfter('/a.bin', 1000)
    const onBytes = (received: number): void => {
      server.files.set('/a.bin', FILE)
      server.watch(received)
    }
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes }))).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(server.requests[1]?.headers.range).toBe('bytes=1000-')
  })

  it('starts over with a server that does not tell versions apart', async () => {
    const server = await served()
    server.hasValidators = false
    server.breakAfter('/a.bin', 100_000)
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toMatchObject({ sha256: sha256(FILE) })
    expect(server.requests[1]?.headers.range).toBeUndefined()
  })

  it('starts over when the server has less than came already', async () => {
    const server = await served()
    server.breakAfter('/a.bin', 1000)
    server.next('/a.bin', (_, response) => response.writeHead(416).end())
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toMatchObject({ sha256: sha256(FILE) })
    expect(server.requests).toHaveLength(3)
  })

  it('starts over when the server sends another part than was asked for', async () => {
    const server = await served()
    server.breakAfter('/a.bin', 1000)
    server.next('/a.bin', (_, response) => {
      response.writeHead(206, { 'content-range': `bytes 5-9/${FILE.length}`, 'content-length': 5 }).end('wrong')
    })
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toMatchObject({ sha256: sha256(FILE) })
  })

  it('goes on with a server that sends a part at a time', async () => {
    const server = await served()
    server.breakAfter('/a.bin', 1000)
    const head = {
      etag: `"${sha256(FILE).slice(0, 16)}"`,
      'content-range': `bytes 1000-1999/${FILE.length}`,
      'content-length': 1000,
    }
    server.next('/a.bin', (_, response) => response.writeHead(206, head).end(FILE.subarray(1000, 2000)))
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toEqual({
      sha256: sha256(FILE),
      bytes: FILE.length,
    })
    expect(server.requests.map(({ headers }) => headers.range)).toEqual([undefined, 'bytes=1000-', 'bytes=2000-'])
  })

  it('starts over with a server that does not mind If-Range and sends the rest of another version', async () => {
    const server = await served()
    server.breakAfter('/a.bin', 1000)
    const other = someBytes(FILE.length, 9)
    const head = { etag: '"other"', 'content-range': `bytes 1000-${FILE.length - 1}/${FILE.length}` }
    server.next('/a.bin', (_, response) => response.writeHead(206, head).end(other.subarray(1000)))
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toMatchObject({ sha256: sha256(FILE) })
  })

  it('fetches nothing again when it died with the whole file here', async () => {
    const server = await served()
    const request = wants(server.url('/a.bin'), { sha256: sha256(FILE) })
    writeFileSync(request.toPath, FILE)
    writeFileSync(`${request.toPath}.validator`, `"${sha256(FILE).slice(0, 16)}"`)
    expect(await fetcher().fetch(request)).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(server.requests).toHaveLength(1)
    expect(existsSync(`${request.toPath}.validator`)).toBe(false)
  })

  it('starts over when what an earlier process left is damaged', async () => {
    const server = await served()
    const request = wants(server.url('/a.bin'), { sha256: sha256(FILE) })
    writeFileSync(request.toPath, new Uint8Array(1000))
    writeFileSync(`${request.toPath}.validator`, `"${sha256(FILE).slice(0, 16)}"`)
    expect(await fetcher().fetch(request)).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(server.requests.map(({ headers }) => headers.range)).toEqual(['bytes=1000-', undefined])
  })

  it('has read what is here before it asks for the rest, so that no server waits for that', async () => {
    const server = await served()
    const request = wants(server.url('/a.bin'))
    const etag = `"${sha256(FILE).slice(0, 16)}"`
    writeFileSync(request.toPath, FILE.subarray(0, 1000))
    writeFileSync(`${request.toPath}.validator`, etag)
    server.next('/a.bin', (_, response) => {
      writeFileSync(request.toPath, new Uint8Array(1000))
      const range = `bytes 1000-${FILE.length - 1}/${FILE.length}`
      response.writeHead(206, { 'content-range': range, etag }).end(FILE.subarray(1000))
    })
    expect(await fetcher().fetch(request)).toMatchObject({ sha256: sha256(FILE) })
  })

  it('says at once what of the disk is wrong', async () => {
    const server = await served()
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { toPath: tempDir() }))).rejects.toMatchObject(
      failure('E_INPUT', /no file of this name.*EISDIR/),
    )
    const gone = join(tempDir(), 'gone', 'file')
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { toPath: gone }))).rejects.toMatchObject(
      failure('E_INPUT', /disk of this miner.*ENOENT/),
    )
    expect(server.requests).toHaveLength(2)
  })

  it('refuses a file with another hash, and keeps nothing of it', async () => {
    const server = await served()
    const request = wants(server.url('/a.bin'), { sha256: sha256('other') })
    await expect(fetcher().fetch(request)).rejects.toMatchObject(
      failure('E_INPUT', new RegExp(`has the sha256 ${sha256(FILE)}, not `)),
    )
    expect(existsSync(request.toPath)).toBe(false)
    expect(server.requests).toHaveLength(1)
  })

  it.each([FILE.length - 1, FILE.length + 1])('refuses a file that has not the %i bytes that were promised', async (bytes) => {
    const server = await served()
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { bytes }))).rejects.toMatchObject(failure('E_INPUT', /bytes/))
  })

  it('takes no more than is allowed, also of a server that does not tell the length', async () => {
    const server = await served()
    server.next('/a.bin', (_, response) => {
      response.write(FILE)
      response.end()
    })
    const request = wants(server.url('/a.bin'), { maxBytes: 50_000 })
    await expect(fetcher().fetch(request)).rejects.toMatchObject(failure('E_INPUT', /at most 50000 are taken/))
    expect(statSync(request.toPath).size).toBeLessThanOrEqual(50_000)
    expect(server.requests).toHaveLength(1)
  })

  it.each([401, 403, 404])('gives up at once when the server answers %i', async (status) => {
    const server = await served()
    server.next('/a.bin', (_, response) => response.writeHead(status, { 'content-encoding': 'gzip' }).end())
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).rejects.toMatchObject(
      failure('E_INPUT', new RegExp(`answers ${status}`)),
    )
    expect(server.requests).toHaveLength(1)
  })

  it.each([401, 403])('tells of HF_TOKEN when the hub answers %i', async (status) => {
    const server = await FileServer.start()
    const hubFetcher = fetcher({ hub: server.origin })
    server.next('/o/r/resolve/main/a.gguf', (_, response) => response.writeHead(status).end())
    await expect(hubFetcher.fetch(wants('hf:o/r/a.gguf'))).rejects.toMatchObject(failure('E_INPUT', /HF_TOKEN/))
  })

  it('tries again when the server is not well', async () => {
    const server = await served()
    for (const status of [500, 503, 429]) server.next('/a.bin', (_, response) => response.writeHead(status).end())
    expect(await fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).toMatchObject({ sha256: sha256(FILE) })
  })

  it('gives up after five tries that bring nothing', async () => {
    const server = await served()
    for (let n = 0; n < 9; n += 1) server.next('/a.bin', (_, response) => response.writeHead(500).end())
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).rejects.toMatchObject(
      failure('E_INPUT', /answers 500/),
    )
    expect(server.requests).toHaveLength(5)
  })

  it('gives up on a server that begins anew each time and gets no further', async () => {
    const server = await served()
    server.hasValidators = false
    for (let n = 0; n < 20; n += 1) server.breakAfter('/a.bin', n % 2 === 0 ? 2000 : 1000)
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).rejects.toMatchObject(
      failure('E_INPUT', /could not be fetched/),
    )
    expect(server.requests.length).toBeLessThan(8)
  })

  it('refuses a body that comes compressed', async () => {
    const server = await served()
    server.next('/a.bin', (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'))
    await expect(fetcher().fetch(wants(server.url('/a.bin'), { onBytes: server.watch }))).rejects.toMatchObject(
      failure('E_INPUT', /comes encoded \(gzip\)/),
    )
    expect(server.requests[0]?.headers['accept-encoding']).toBe('identity')
  })

  it('keeps what came when it is aborted, and goes on with it later', async () => {
    const server = await served()
    server.next('/a.bin', (_, response) => {
      response.writeHead(200, { 'content-length': FILE.length, etag: `"${sha256(FILE).slice(0, 16)}"` })
      response.write(FILE.subarray(0, 70_000))
    })
    const stop = new AbortController()
    const reason = new Error('the job was cancelled')
    const request = wants(server.url('/a.bin'), {
      signal: stop.signal,
      onBytes: (received) => {
        if (received === 70_000) stop.abort(reason)
      },
    })
    await expect(fetcher().fetch(request)).rejects.toBe(reason)
    expect(statSync(request.toPath).size).toBe(70_000)
    expect(await fetcher().fetch({ ...request, signal: new AbortController().signal, onBytes: () => {} })).toMatchObject({
      sha256: sha256(FILE),
    })
    expect(server.requests[1]?.headers.range).toBe('bytes=70000-')
  })

  it('says that room is missing before it takes a byte', async () => {
    const server = await served()
    const asked: number[] = []
    const request = wants(server.url('/a.bin'), {
      reserve: async ({ wholeBytes }) => {
        asked.push(wholeBytes)
        throw new Error('no room')
      },
    })
    await expect(fetcher().fetch(request)).rejects.toMatchObject(failure('E_INPUT', /no room/))
    expect(asked[0]).toBe(FILE.length)
  })
})

describe('FileFetcher and addresses that are not allowed', () => {
  it('follows redirects, and refuses the sixth', async () => {
    const server = await served()
    server.next('/from', (_, response) => response.writeHead(302, { location: '/a.bin' }).end())
    expect(await fetcher().fetch(wants(server.url('/from')))).toMatchObject({ sha256: sha256(FILE) })
    for (let n = 0; n < 9; n += 1) server.next('/round', (_, response) => response.writeHead(307, { location: '/round' }).end())
    await expect(fetcher().fetch(wants(server.url('/round')))).rejects.toMatchObject(
      failure('E_INPUT', /redirects more than 5 times/),
    )
  })

  it.each([
    ['https://example.org/x', /example\.org is not among the hosts/],
    ['file:///etc/passwd', /only https/],
    ['ftp://127.0.0.1/x', /only https/],
    ['http://user:secret@127.0.0.1/x', /user name or password/],
    ['http://8.8.8.8/x', /8\.8\.8\.8/],
  ])('refuses a redirect to %s', async (location, message) => {
    const server = await served()
    server.next('/from', (_, response) => response.writeHead(302, { location }).end())
    await expect(fetcher().fetch(wants(server.url('/from')))).rejects.toMatchObject(failure('E_DENY', message))
    expect(server.requests).toHaveLength(1)
  })

  it.each([
    'https://127.0.0.1/x',
    'https://[::1]/x',
    'https://169.254.169.254/latest',
    'https://2130706433/x',
    'https://[::ffff:10.0.0.1]/',
  ])('refuses %s where private addresses are not allowed', async (uri) => {
    const policy = new SourcePolicy({ hosts: ['*'], allowsPrivate: false })
    await expect(fetcher({ policy }).fetch(wants(uri))).rejects.toMatchObject(failure('E_DENY', /private or special address/))
  })

  it('gives up a server that announces an answer again and again', async () => {
    const server = await FileServer.start()
    server.next('/hints', (_, response) => {
      const timer = setInterval(() => (response.destroyed ? clearInterval(timer) : response.writeEarlyHints({ link: '</a>' })), 5)
      response.on('close', () => clearInterval(timer))
    })
    const policy = new SourcePolicy({ hosts: ['127.0.0.1'], allowsPrivate: true })
    const request = { url: new URL(server.url('/hints')), policy, headers: {}, token: null, answerMs: 200 }
    await expect(guardedGet({ ...request, signal: new AbortController().signal })).rejects.toThrow('no answer within 0.2 s')
  })

  it('refuses a name that leads to a private address, also when it was public before', async () => {
    const policy = new SourcePolicy({ hosts: ['*'], allowsPrivate: false })
    const seen: string[] = []
    const addresses = ['10.0.0.7', '127.0.0.1']
    const denied = fetcher({
      policy,
      lookup: (hostname, _, callback) => {
        seen.push(hostname)
        callback(null, [
          { address: '93.184.215.14', family: 4 },
          { address: addresses[seen.length - 1] ?? '', family: 4 },
        ])
      },
    })
    for (const address of addresses) {
      await expect(denied.fetch(wants('https://models.example/x'))).rejects.toMatchObject(
        failure('E_DENY', new RegExp(address.replaceAll('.', '\\.'))),
      )
    }
    expect(seen).toEqual(['models.example', 'models.example'])
  })

  it('asks for the address at each connection: a name that turns inwards is refused at the redirect', async () => {
    const server = await served()
    const port = new URL(server.origin).port
    server.next('/from', (_, response) => response.writeHead(302, { location: `http://turns.example:${port}/a.bin` }).end())
    let lookups = 0
    const policy = new SourcePolicy({ hosts: ['turns.example'], allowsPrivate: true })
    const turning = fetcher({
      policy,
      lookup: (_, __, callback) => {
        lookups += 1
        callback(null, [{ address: lookups === 1 ? '127.0.0.1' : '93.184.215.14', family: 4 }])
      },
    })
    await expect(turning.fetch(wants(`http://turns.example:${port}/from`))).rejects.toMatchObject(
      failure('E_DENY', /93\.184\.215\.14/),
    )
    expect(lookups).toBe(2)
  })

  it('sends the token to the hub and to no other', async () => {
    const hub = await FileServer.start()
    const store = await served()
    hub.next('/o/r/resolve/main/a.bin', (_, response) => response.writeHead(302, { location: store.url('/a.bin') }).end())
    const hubFetcher = fetcher({ hub: hub.origin, hubToken: { reveal: () => 'hf_secret' } })
    expect(await hubFetcher.fetch(wants('hf:o/r/a.bin'))).toMatchObject({ sha256: sha256(FILE) })
    await hubFetcher.fetch(wants(store.url('/a.bin')))
    expect(hub.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer hf_secret'])
    expect(store.requests.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined])
  })
})

describe('FileFetcher and files of this machine', () => {
  it('leaves a file at the source as it is', async () => {
    const from = join(tempDir(), 'a.bin')
    writeFileSync(from, FILE)
    const request = wants(`file://${from}`)
    expect(await fetcher({ folders: null }).fetch(request)).toEqual({ sha256: sha256(FILE), bytes: FILE.length })
    expect(readFileSync(from).equals(readFileSync(request.toPath))).toBe(true)
  })
  it('says what of the disk is wrong', async () => {
    const from = join(tempDir(), 'a.bin')
    writeFileSync(from, FILE)
    const request = wants(`file://${from}`, { toPath: join(tempDir(), 'n'.repeat(300)) })
    await expect(fetcher({ folders: null }).fetch(request)).rejects.toMatchObject(
      failure('E_INPUT', /no file of this name.*ENAMETOOLONG/),
    )
  })
})
