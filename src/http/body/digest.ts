import { sha256HexOfMuch } from '../../crypto/digest.ts'
import { multipartParts } from './multipart.ts'
import { mediaTypeOf, orMalformed, unpackedBody } from './parse.ts'

/**
 * Returns the lower-case hex SHA-256 of what the body says: of its bytes without their `Content-Encoding`, and of a
 * multipart form, whose boundary is drawn anew each time it is sent, part by part. Makes no copy of what it has.
 * @throws AppError unsupported_media_type, malformed_body, body_too_large
 */
export async function bodyDigest(request: Request, limit?: number): Promise<string> {
  const bytes = await unpackedBody(request, limit)
  if (mediaTypeOf(request) !== 'multipart/form-data') return sha256HexOfMuch(bytes)
  // Web Crypto takes all in one piece; this takes some milliseconds to load.
  const { createHash } = await import('node:crypto')
  const hash = createHash('sha256')
  return orMalformed(() => {
    for (const piece of formPieces(bytes, request.headers.get('Content-Type') ?? '')) hash.update(piece)
    return hash.digest('hex')
  })
}

/** Before each content goes how long it is, so that no two forms have the same pieces end to end. */
function* formPieces(bytes: Uint8Array, contentType: string): Generator<string | Uint8Array> {
  for (const { name, filename, mediaType, content } of multipartParts(bytes, contentType)) {
    const file = filename === undefined ? [] : [filename, mediaType]
    yield JSON.stringify([name, content.length, ...file])
    yield content
  }
}
