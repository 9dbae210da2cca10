import * as z from 'zod'
import { fromUtf8 } from '../../../base/encoding.ts'
import { once } from '../../../base/once.ts'
import { sha256Hex } from '../../../crypto/digest.ts'
import { type Bytes, base64UrlBytes } from './encodings.ts'
import { demand, PasskeyRefused } from './refused.ts'
import type { RelyingParty } from './relying-party.ts'

/** What the browser says of the ceremony: WebAuthn Level 3, section 5.8.1. Later versions may add members. */
const collected = once(() =>
  z.object({
    type: z.string(),
    challenge: z.string(),
    origin: z.string(),
    crossOrigin: z.boolean().optional(),
    topOrigin: z.string().optional(),
  }),
)

type ClientData = z.output<ReturnType<typeof collected>>

/** Returns the client data that these bytes are. Throws `PasskeyRefused` if they are none. */
export function readClientData(bytes: Bytes): ClientData {
  const { data } = collected().safeParse(parsedJson(bytes))
  demand('malformed', data !== undefined)
  return data
}

function parsedJson(bytes: Bytes): unknown {
  try {
    return JSON.parse(fromUtf8(bytes))
  } catch {
    throw new PasskeyRefused('malformed')
  }
}

/** A challenge that was taken: it is gone, whatever comes of its answer. */
export interface TakenChallenge {
  challengeHash: string
  /** Whose passkey has to answer; null: anybody's. */
  adminId: number | null
}

/** What the client data has to say. */
interface Expected {
  type: 'webauthn.create' | 'webauthn.get'
  relyingParty: RelyingParty
  /** What taking the challenge gave. */
  taken: readonly TakenChallenge[]
}

/**
 * Returns the challenge that was answered, and the hash that is signed with it. Throws `PasskeyRefused` unless the
 * ceremony was the expected one, on a page of the service itself that is in no frame of another origin (section 7.1,
 * steps 7 to 11, and 7.2, steps 11 to 15).
 */
export async function checkedClientData(clientDataJSON: string, { type, relyingParty, taken }: Expected) {
  const bytes = base64UrlBytes(clientDataJSON)
  const clientData = readClientData(bytes)
  demand('type', clientData.type === type)
  const challengeHash = sha256Hex(clientData.challenge)
  const challenge = taken.find((row) => row.challengeHash === challengeHash)
  demand('challenge', challenge !== undefined)
  demand('origin', clientData.origin === relyingParty.origin)
  demand('cross_origin', clientData.crossOrigin !== true && clientData.topOrigin === undefined)
  return { challenge, clientDataHash: new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)) }
}
