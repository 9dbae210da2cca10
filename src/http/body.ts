import { Buffer } from 'node:buffer'
import qs from 'qs'
import { fromUtf8 } from '../crypto/encoding.ts'
import { AppError } from '../errors.ts'

/** The largest body of a route that takes one thing, and of one that takes many. */
const BODY_LIMIT_BYTES = 1024 * 1024
export const BULK_BODY_LIMIT_BYTES = 8 * BODY_LIMIT_BYTES

/** Bounds on nested form fields (`a[b][c]=`), so that a small body cannot become a huge object. */
const FORM_LIMITS = { depth: 5, parameterLimit: 1000, arrayLimit: 100 }

/**
 * The bytes of the request's body, read once however often they are asked for; who asks first sets the limit.
 * @throws AppError body_too_large
 */
export function rawBody(
  request: Request,
  limit: number = BODY_LIMIT_BYTES,
): Promise<Uint8Array<ArrayBuffer>> {
  const reading = bodies.get(request) ?? readBytes(request, limit)
  bodies.set(request, reading)
  return reading
}

const bodies = new WeakMap<Request, Promise<Uint8Array<ArrayBuffer>>>()

/** What the Content-Type names, without its parameters; empty if there is none. */
export const mediaTypeOf = (request: Request) =>
  request.headers.get('Content-Type')?.split(';')[0]?.trim().toLowerCase() ?? ''

/**
 * The body as an object, from JSON, a URL-encoded form or a multipart form. Forms nest as PHP's do: `ids[]=1`, `a[b]=2`.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large
 */
export async function parsedBody(request: Request): Promise<Record<string, unknown>> {
  const mediaType = mediaTypeOf(request)
  const bytes = await rawBody(request)
  if (bytes.length === 0 && mediaType === '') return {}
  const parse = PARSERS[mediaType]
  if (!parse) throw new AppError('unsupported_media_type')
  try {
    const text = fromUtf8(bytes)
    return asObject(await parse(text, request.headers.get('Content-Type') ?? ''))
  } catch (cause) {
    throw new AppError('malformed_body', { cause })
  }
}

const PARSERS: Record<string, (text: string, contentType: string) => unknown> = {
  'application/json': (text) => JSON.parse(text),
  'application/x-www-form-urlencoded': (text) => nested(text),
  'multipart/form-data': async (text, contentType) => {
    const form = await new Response(text, { headers: { 'Content-Type': contentType } }).formData()
    return nested(Object.fromEntries([...new Set(form.keys())].map((key) => [key, single(form.getAll(key))])))
  },
}

const single = <Value>(values: Value[]) => (values.length === 1 ? values[0] : values)

function nested(form: string | Record<string, unknown>): unknown {
  return qs.parse(form as string, {
    ...FORM_LIMITS,
    strictDepth: true,
    throwOnLimitExceeded: true,
    decoder: (text) => decodeURIComponent(text.replaceAll('+', ' ')),
  })
}

/** @throws TypeError if a value is not a JSON object */
export function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object')
  return value as Record<string, unknown>
}

async function readBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const declared = request.headers.get('Content-Length')
  if (Number(declared ?? 0) > limit) throw new AppError('body_too_large')
  // The runtime holds a client to the length it declares; one that declares none is stopped at the limit.
  const bytes = declared === null ? await readUpTo(limit, request.body) : await request.bytes()
  if (bytes.length > limit) throw new AppError('body_too_large')
  return bytes as Uint8Array<ArrayBuffer>
}

/** At most `limit` bytes of the stream, and those of the piece that goes beyond. */
async function readUpTo(limit: number, stream: ReadableStream<Uint8Array> | null): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of stream ?? []) {
    pieces.push(piece)
    size += piece.length
    if (size > limit) break
  }
  return Buffer.concat(pieces)
}
