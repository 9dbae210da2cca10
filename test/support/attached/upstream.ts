import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { TestProject } from 'vitest/node'
import { freePort } from '../../../src/cli/local/free-port.ts'
import { dyingApi } from './dying.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the API that tests attach listens, and where nothing does. */
    upstream: { url: string; nowhere: string }
  }
}

/** What the API got of a request. */
export interface Received {
  method: string
  url: string
  headers: [name: string, value: string][]
  body: string
}

/** What has been seen of the requests with an `X-Seen` header, by its value: what it does not answer may be asked for later. */
const seen = new Map<string, { requests: number; closed: boolean }>()

/** The answers that no HTTP server gives by itself, by the last part of the path. */
const RAW: Record<string, string> = {
  'no-answer': '',
  'half-headers': 'HTTP/1.1 200 OK\r\nContent-Le',
  garbage: 'SSH-2.0-OpenSSH_9.9\r\n\r\n',
  'bad-header': 'HTTP/1.1 200 OK\r\nBad Header\r\n\r\n',
  'status-999': 'HTTP/1.1 999 No\r\nContent-Length: 2\r\n\r\nok',
  'switching-protocols': 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
  'broken-body': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all',
  'created-in-part': 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\nnot all',
  'broken-chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nnot all',
  'early-hints':
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'latin-1': 'HTTP/1.1 200 OK\r\nX-Name: caf\xe9\r\nContent-Length: 2\r\n\r\nok',
  'until-closed': 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nok',
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

/** Reads a body without keeping it, and tells how long it was. */
async function swallow(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let bytes = 0
  for await (const chunk of request) bytes += chunk.length
  response.end(JSON.stringify({ bytes }))
}

type Answering = (response: ServerResponse, received: Received, url: URL) => void

const ANSWERS: Record<string, Answering> = {
  status: (response, _, url) => {
    response.writeHead(Number(url.searchParams.get('status')), {
      'X-From': 'the API',
      Location: 'http://inside.example/x',
    })
    response.end()
  },
  headers: (response) => {
    response.writeHead(200, [
      ...['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'Set-Cookie', '__Host-steward_session=forged'],
      ...['Set-Cookie', 'b=2', 'X-Request-Id', 'forged', 'X-Audit-Id', 'forged', 'Cache-Control', 'public'],
      ...['Access-Control-Allow-Origin', '*', 'Connection', 'X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=9'],
      ...['Clear-Site-Data', '"cookies"', 'NEL', '{}', 'Report-To', '{}', 'Reporting-Endpoints', 'a="/a"'],
      ...['Alt-Svc', 'h3=":443"', 'Service-Worker-Allowed', '/'],
      ...['ETag', '"1"', 'X-Of-The-API', '1', 'Content-Security-Policy', "default-src 'self'"],
    ])
    response.end('ok')
  },
  silent: () => {},
  fixed: (response) => {
    response.end('{"orders":[]}')
  },
  late: (response) => {
    setTimeout(() => response.end('late'), 1_000)
  },
  'openapi.json': (response) => {
    const ref = { $ref: '#/components/schemas/AdminError' }
    const item = {
      get: {
        operationId: 'listLists',
        security: [{ theirs: [] }],
        responses: { 200: { description: 'Success', content: { 'application/json': { schema: ref } } } },
      },
    }
    response.setHeader('Content-Type', 'application/json')
    response.end(
      JSON.stringify({
        openapi: '3.0.3',
        info: { title: 'Orders', version: '1' },
        servers: [{ url: 'https://api.acme.example/v1/' }],
        tags: [{ name: 'Orders' }],
        paths: { '/orders': item, '/orders/{id}': item },
        components: {
          schemas: { AdminError: { type: 'object', properties: { order: { type: 'string' } } } },
          securitySchemes: { theirs: { type: 'http', scheme: 'bearer' } },
        },
      }),
    )
  },
  // Begins, and then says something every now and then, for ever.
  ticking: (response, _, url) => {
    response.writeHead(200, { 'Content-Type': url.searchParams.get('type') ?? 'text/event-stream' })
    response.write('data: 0\n\n')
    let count = 0
    const timer = setInterval(() => response.write(`data: ${++count}\n\n`), 100)
    response.on('close', () => clearInterval(timer))
  },
  gzip: (response) => {
    const bytes = gzipSync('zipped')
    response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain' })
    response.end(bytes)
  },
  large: (response, _, url) => {
    const bytes = Number(url.searchParams.get('bytes'))
    response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes })
    const chunk = Buffer.alloc(64 * 1024, 'x')
    let left = bytes
    const more = () => {
      while (left > 0) {
        const part = chunk.subarray(0, Math.min(left, chunk.length))
        left -= part.length
        if (!response.write(part)) return response.once('drain', more)
      }
      return response.end()
    }
    more()
  },
  'then-breaks': (response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain' })
    response.write('x'.repeat(100_000))
    setTimeout(() => response.destroy(), 200)
  },
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://upstream')
  const last = url.pathname.split('/').at(-1) ?? ''
  if (url.pathname === '/seen') {
    response.end(
      JSON.stringify(seen.get(url.searchParams.get('name') ?? '') ?? { requests: 0, closed: false }),
    )
    return
  }
  if (url.pathname === '/dying') {
    response.end(await dyingApi(RAW[url.searchParams.get('answer') ?? ''] ?? ''))
    return
  }
  // What a test has the API say is in the path.
  const said = /^\/said\/([^/]+)/.exec(url.pathname)?.[1]
  const name = said ? url.pathname : request.headers['x-seen']
  if (typeof name === 'string') {
    const record = { requests: (seen.get(name)?.requests ?? 0) + 1, closed: false }
    seen.set(name, record)
    response.on('close', () => {
      record.closed = !response.writableFinished
    })
  }
  if (said) {
    response.end(Buffer.from(said, 'base64url'))
    return
  }
  const raw = RAW[last]
  if (raw !== undefined) {
    const socket = request.socket as Socket
    socket.end(raw, 'latin1')
    return
  }
  if (last === 'swallowed') return swallow(request, response)
  const special = ANSWERS[last]
  const waits = special === ANSWERS.silent
  const received: Received = {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: pairs(request.rawHeaders),
    body: waits ? '' : await bodyOf(request),
  }
  if (special) return special(response, received, url)
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(received))
}

const pairs = (raw: string[]): [string, string][] =>
  raw.flatMap((name, i) => (i % 2 === 0 ? [[name.toLowerCase(), raw[i + 1] ?? ''] as [string, string]] : []))

/** Starts the API on a port of its own. */
export async function startUpstream() {
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let unused = 0
  server.on('connection', (socket: Socket) => {
    socket.on('close', () => {
      if (socket.bytesRead === 0) unused++
    })
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  /** How many connections ended on which nothing had come. */
  const unusedConnections = () => unused
  return {
    url,
    unusedConnections,
    stop: () => new Promise((resolve) => server.close(resolve).closeAllConnections()),
  }
}

export default async function setup(project: TestProject) {
  const { url, stop } = await startUpstream()
  project.provide('upstream', { url, nowhere: `http://127.0.0.1:${await freePort()}` })
  return stop
}
