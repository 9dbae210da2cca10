import { toBase64Url, utf8 } from '../base/encoding.ts'
import type { SigningKeys } from '../crypto/signing-keys.ts'
import type { RequestFacts } from '../http/context.ts'

/** Longer than a call takes to arrive, clocks that differ included, and too short to be of use to a thief. */
const LIFETIME_SECONDS = 60

/** What is asserted of one request. */
export interface Asserted {
  issuer: string
  audience: string
  customerUid: string
  requestId: string
  method: string
  /** The URL that is called, without its query. */
  uri: string
  /** Who acts, if it is not the customer itself, and under which access grant. */
  by: Pick<RequestFacts, 'actor' | 'grant'>
}

/**
 * Returns the JWT (RFC 7519) that tells an attached API for whom a request is: `sub` is the customer, `act` who acts for
 * it (RFC 8693, section 4.1), `htm` and `htu` what the request is (RFC 9449, section 4.2). Signed with EdDSA (RFC 8037).
 */
export async function assertionOf(keys: SigningKeys, asserted: Asserted, now: number): Promise<string> {
  const { issuer, audience, customerUid, requestId, method, uri, by } = asserted
  const issuedAt = Math.floor(now / 1000)
  const header = { alg: 'EdDSA', typ: 'steward+jwt', kid: keys.currentId }
  const claims = {
    iss: issuer,
    aud: audience,
    sub: customerUid,
    iat: issuedAt,
    exp: issuedAt + LIFETIME_SECONDS,
    jti: requestId,
    htm: method,
    htu: uri,
    ...(by.actor?.type === 'admin' && { act: actorClaim(by.actor, by.grant) }),
  }
  const text = [header, claims].map((part) => toBase64Url(utf8(JSON.stringify(part)))).join('.')
  return `${text}.${await keys.sign(text)}`
}

const actorClaim = (
  { adminId, role, apiKeyId }: NonNullable<RequestFacts['actor']>,
  grant: RequestFacts['grant'],
) => ({
  sub: `admin:${adminId}`,
  role,
  api_key_id: apiKeyId,
  grant_id: grant?.id ?? null,
})
