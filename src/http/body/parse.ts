import { fromUtf8 } from '../../base/encoding.ts'
import { AppError } from '../../errors.ts'
import { unpackedBody } from './bytes.ts'
import { Form, urlencodedEntries } from './form.ts'
import { parseJson } from './json.ts'
import { multipartEntries } from './multipart.ts'

/** Returns the media type of the Content-Type, without parameters; empty if there is none. */
export const mediaTypeOf = (request: Request) =>
  request.headers.get('Content-Type')?.split(';', 1)[0]?.trim().toLowerCase() ?? ''

/**
 * Parses the body as JSON or a form, for `readInput`. No body is the same as an empty form.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large
 */
export async function parsedBody(request: Request): Promise<unknown> {
  const mediaType = mediaTypeOf(request)
  const bytes = await unpackedBody(request)
  if (bytes.length === 0 && mediaType === '') return new Form([])
  const parse = PARSERS.get(mediaType)
  if (!parse) throw new AppError('unsupported_media_type')
  return orMalformed(() => parse(bytes, request.headers.get('Content-Type') ?? ''))
}

type Parse = (bytes: Uint8Array, contentType: string) => unknown

const PARSERS = new Map<string, Parse>([
  ['application/json', jsonObject],
  ['application/x-www-form-urlencoded', (bytes) => new Form(urlencodedEntries(fromUtf8(bytes)))],
  ['multipart/form-data', (bytes, contentType) => new Form(multipartEntries(bytes, contentType))],
])

function jsonObject(bytes: Uint8Array): Record<string, unknown> {
  return asObject(parseJson(fromUtf8(bytes)))
}

/** @throws AppError malformed_body for whatever goes wrong that has no better name */
export function orMalformed<Result>(parse: () => Result): Result {
  try {
    return parse()
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('malformed_body', { cause })
  }
}

/** Parses a file that holds a JSON object. @throws AppError malformed_body, body_too_large */
export const jsonFile = (bytes: Uint8Array) => orMalformed(() => jsonObject(bytes))

/** Returns a JSON object; PHP's empty array counts as one. @throws TypeError if it is none */
export function asObject(value: unknown): Record<string, unknown> {
  if (Array.isArray(value) && value.length === 0) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TypeError('not an object')
  return value as Record<string, unknown>
}
