import { type Bytes, base64UrlBytes, cborMapAt } from './encodings.ts'
import { checkSignature, type PublicKey } from './public-key.ts'
import { demand } from './refused.ts'

/**
 * Reads an attestation object (WebAuthn Level 3, section 6.5.4). Throws `PasskeyRefused` unless its format is one of the
 * two that a browser gives where no attestation is asked for: none at all, or one that the passkey signed itself
 * (section 5.1.3). What kind of device it is does not matter here, so no roots of manufacturers are kept.
 */
export function readAttestation(attestationObject: string) {
  const bytes = base64UrlBytes(attestationObject)
  const { map, end } = cborMapAt(bytes, 0)
  const [format, authenticatorData, statement] = ['fmt', 'authData', 'attStmt'].map((name) => map.get(name))
  demand('malformed', end === bytes.length && isBytes(authenticatorData) && statement instanceof Map)
  return {
    authenticatorData,
    async check(publicKey: PublicKey, clientDataHash: Bytes): Promise<void> {
      if (format === 'none') return demand('attestation', statement.size === 0)
      demand('attestation', format === 'packed' && !statement.has('x5c'))
      const signature: unknown = statement.get('sig')
      demand('attestation', statement.get('alg') === publicKey.algorithm && isBytes(signature))
      await checkSignature(publicKey, { authenticatorData, clientDataHash, signature })
    },
  }
}

const isBytes = (value: unknown): value is Bytes => value instanceof Uint8Array
