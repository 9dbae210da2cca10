import { sha256HexOfMuch } from '../../crypto/digest.ts'
import { unpackedBody } from './bytes.ts'
import { multipartParts } from './multipart.ts'
import { mediaTypeOf, orMalformed } from './parse.ts'

/**
 * Returns the lower-case hex SHA-256 of the body: of its bytes without their `Content-Encoding`, or of a multipart
 * form part by part, because its boundary is new each time it is sent. Copies nothing.
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

/** Puts its length before each content, so that no two forms concatenate to the same bytes. */
function* formPieces(bytes: Uint8Array, contentType: string): Generator<string | Uint8Array> {
  for (const { name, filename, mediaType, content } of multipartParts(bytes, contentType)) {
    const file = filename === undefined ? [] : [filename, mediaType]
    yield JSON.stringify([name, content.length, ...file])
    yield content
  }
}
