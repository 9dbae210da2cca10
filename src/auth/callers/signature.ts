import { Buffer } from 'node:buffer'
import { lte } from 'drizzle-orm'
import * as z from 'zod'
import { fromHex, utf8 } from '../../base/encoding.ts'
import { sha256HexOfMuch } from '../../crypto/digest.ts'
import type { Database } from '../../db/client.ts'
import { usedSignatures } from '../../db/schema/staff.ts'
import { AppError, orUnavailable } from '../../errors.ts'
import { HEADERS } from '../../http/headers.ts'

/** How far the clock of a client may be off, either way, and so how long a bound signature is good for. */
const TOLERANCE_SECONDS = 300

/** Returns the header of signatures, for the OpenAPI document. */
export const signatureHeader = () => ({
  [HEADERS.SIGNATURE]: z
    .string()
    .regex(/^(t=\d{1,12},v2=)?[0-9A-Fa-f]{64}$/)
    .optional()
    .meta({
      description:
        'Hex of HMAC-SHA-256, keyed with the client’s secret, over the raw bytes of the body; needed where there is a body. Or `t=<unix seconds>,v2=<hex>`, over the lines time, method, path with query, hex SHA-256 of the body and of the `Authorization` value, each ended by LF: good for 300 seconds, and once where something changes. A client can be made to need that with every call.',
      examples: ['c7fcdf56042cb70ec7c377f24889276ff0e73669282b80f62bbbab70eb3c835a'],
    }),
})

/** The content of `SWI-CS`: the checksum of a body, or a signature bound to one request and its time. */
export interface Signature {
  hmac: Uint8Array<ArrayBuffer>
  /** Unix seconds as they were sent; undefined for a checksum. */
  time: string | undefined
}

/** The parts of a request that a signature covers. */
export interface SignedRequest {
  method: string
  url: string
  /** The value of the header, empty if there is none. */
  authorization: string
  body: Uint8Array<ArrayBuffer>
}

/**
 * Reads `SWI-CS`: 64 hex digits, or `t=<unix seconds>,v2=<64 hex digits>` with no blank, as which a header that is sent
 * twice would arrive.
 * Throws `checksum_mismatch` for anything else.
 */
export function readSignature(header: string): Signature {
  const [, time, hex = ''] = /^(?:t=(\d{1,12}),v2=)?([0-9a-f]{64})$/i.exec(header) ?? []
  const hmac = fromHex(hex)
  if (!hmac?.length) throw new AppError('checksum_mismatch', { because: 'malformed' })
  return { hmac, time }
}

/** Returns the bytes that a signature is over. */
export async function signedBytes({ time }: Signature, request: SignedRequest) {
  if (time === undefined) return request.body
  const target = request.url.slice(request.url.indexOf('/', request.url.indexOf('//') + 2))
  const [body, authorization] = await Promise.all([
    sha256HexOfMuch(request.body),
    sha256HexOfMuch(request.authorization),
  ])
  return utf8([time, request.method, target, body, authorization, ''].join('\n'))
}

/** Throws `checksum_expired` for a bound signature that is too old, or too far ahead. */
export function checkTime({ time }: Signature, now: number): void {
  if (time === undefined) return
  const secondsOff = Math.abs(Math.floor(now / 1000) - Number(time))
  if (secondsOff > TOLERANCE_SECONDS) throw new AppError('checksum_expired')
}

/**
 * Takes a bound signature that verified, so that it is not accepted again. D1 decides, one way for all locations.
 * Throws `checksum_replayed` if it was taken before, `dependency_unavailable`.
 */
export async function takeOnce(db: Database, clientId: string, { hmac, time }: Signature): Promise<void> {
  if (time === undefined) return
  // Twice as long as it is good for: clocks of locations differ.
  const expiresAt = (Number(time) + 2 * TOLERANCE_SECONDS) * 1000
  const signature = Buffer.from(hmac).toString('hex')
  const taken = db
    .insert(usedSignatures)
    .values({ clientId, signature, expiresAt })
    .onConflictDoNothing()
    .returning({ signature: usedSignatures.signature })
  if ((await orUnavailable(taken.execute())).length === 0) throw new AppError('checksum_replayed')
}

/** Forgets signatures that are too old to be accepted anyway. */
export const purgeUsedSignatures = (db: Database, now: number) =>
  db.delete(usedSignatures).where(lte(usedSignatures.expiresAt, now))
