import { Buffer } from 'node:buffer'
import { AppError } from '../../errors.ts'

/** Body limits of routes that take one resource, and of those that take many: as sent and as unpacked. */
const BODY_LIMIT_BYTES = 1024 * 1024
export const BULK_BODY_LIMIT_BYTES = 8 * BODY_LIMIT_BYTES

interface Body {
  limit: number
  sent: Promise<Uint8Array<ArrayBuffer>>
  unpacked?: Promise<Uint8Array<ArrayBuffer>>
}

const bodies = new WeakMap<Request, Body>()

/** Returns the body of a request, which is read once; the first caller sets the limit. */
function bodyOf(request: Request, limit: number): Body {
  const body = bodies.get(request) ?? { limit, sent: readBytes(request, limit) }
  bodies.set(request, body)
  return body
}

/**
 * Returns the bytes of the body as they were sent, which is what a signature covers.
 * @throws AppError body_too_large
 */
export const rawBody = (request: Request, limit = BODY_LIMIT_BYTES) => bodyOf(request, limit).sent

/**
 * Returns the bytes of the body without their `Content-Encoding`.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large
 */
export function unpackedBody(request: Request, limit = BODY_LIMIT_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  const body = bodyOf(request, limit)
  body.unpacked ??= unpack(request, body)
  return body.unpacked
}

async function unpack(request: Request, { sent, limit }: Body): Promise<Uint8Array<ArrayBuffer>> {
  const encoding = (request.headers.get('Content-Encoding') ?? '').trim().toLowerCase()
  if (encoding === '' || encoding === 'identity') return sent
  if (encoding !== 'gzip') {
    throw new AppError('unsupported_media_type', { message: 'Send the body as it is or with gzip' })
  }
  return gunzip(await sent, limit)
}

/**
 * Unpacks up to the limit, however little was sent; the runtime's DecompressionStream would unpack a whole chunk
 * first.
 */
async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const { gunzipSync } = await import('node:zlib')
  try {
    // With `info` errors have their codes (https://nodejs.org/api/zlib.html#class-options).
    const { buffer } = gunzipSync(bytes, { maxOutputLength: limit, info: true }) as unknown as {
      buffer: Buffer
    }
    return new Uint8Array(buffer)
  } catch (cause) {
    const isTooLarge = (cause as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE'
    throw new AppError(isTooLarge ? 'body_too_large' : 'malformed_body', { cause })
  }
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const declared = request.headers.get('Content-Length')
  if (Number(declared ?? 0) > limit) throw new AppError('body_too_large')
  // The runtime holds a client to the length it declares; one that declares none is stopped at the limit.
  const bytes = declared === null ? await readUpTo(limit, request.body) : await request.bytes()
  if (bytes.length > limit) throw new AppError('body_too_large')
  return bytes as Uint8Array<ArrayBuffer>
}

/** Returns the bytes of a stream up to `limit`, and the rest of the chunk that exceeds it. */
export async function readUpTo(
  limit: number,
  stream: ReadableStream<Uint8Array> | null,
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream ?? []) {
    pieces.push(piece)
    size += piece.length
    if (size > limit) break
  }
  return Buffer.concat(pieces)
}
