import { decodePartialCBOR } from '@levischuck/tiny-cbor'
import { fromBase64Url } from '../../../base/encoding.ts'
import { demand, PasskeyRefused } from './refused.ts'

export type Bytes = Uint8Array<ArrayBuffer>

/** A CBOR map, as COSE keys and attestations are. */
export type CborMap = ReadonlyMap<unknown, unknown>

/** Returns the bytes of an unpadded base64url text. Throws `PasskeyRefused` for any other. */
export function base64UrlBytes(text: string): Bytes {
  const bytes = fromBase64Url(text)
  demand('malformed', bytes !== null)
  return bytes
}

/**
 * Returns the CBOR map that begins at `start`, and where it ends. Throws `PasskeyRefused` if there is none, or if it is
 * cut off: the decoder itself takes what is there of the last string.
 */
export function cborMapAt(bytes: Bytes, start: number): { map: CborMap; end: number } {
  const { item, end } = cborItemAt(bytes, start)
  demand('malformed', item instanceof Map && end <= bytes.length)
  return { map: item, end }
}

function cborItemAt(bytes: Bytes, start: number): { item: unknown; end: number } {
  try {
    const [item, length] = decodePartialCBOR(bytes, start)
    return { item, end: start + length }
  } catch {
    // What nests too deep for the stack comes here as well.
    throw new PasskeyRefused('malformed')
  }
}
