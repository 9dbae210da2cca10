import { Buffer } from 'node:buffer'
import { BoundedCache } from '../base/bounded-cache.ts'
import { fromBase64Url, fromHex, toBase64Url, utf8 } from '../base/encoding.ts'
import { sha256Hex } from './digest.ts'
import { type KeyList, readKeyList } from './key-list.ts'

/** The prefix of the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410, section 7), as Web Crypto takes it. */
const PKCS8_PREFIX = fromHex('302e020100300506032b657004220420') ?? new Uint8Array()

/** A public key as a JSON Web Key (RFC 8037). */
export interface PublicKey {
  kty: 'OKP'
  crv: 'Ed25519'
  kid: string
  x: string
}

/** Returns whether `signature`, base64url, is the key's signature of this text. */
export async function signatureHolds({ kty, crv, x }: PublicKey, text: string, signature: string) {
  const key = await crypto.subtle.importKey('jwk', { kty, crv, x }, 'Ed25519', false, ['verify'])
  const bytes = fromBase64Url(signature) ?? new Uint8Array()
  return crypto.subtle.verify('Ed25519', key, bytes, utf8(text))
}

/** Returns the fingerprint of a key: SHA-256 of its 32 bytes, as hex. */
export const fingerprintOf = ({ x }: PublicKey) => sha256Hex(fromBase64Url(x) ?? new Uint8Array())

/** The private keys of an isolate by their bytes: importing one costs as much as signing with it. */
const imported = new BoundedCache<CryptoKey>(10)

/** The Ed25519 keys of a secret, newest first: the first signs, the public halves of all are published. */
export class SigningKeys {
  readonly #keys: KeyList

  /** @throws Error if the text of the secret holds no key, or a key of another size */
  constructor(secret: string, text: string) {
    this.#keys = readKeyList(secret, text)
  }

  get currentId(): string {
    const [id = ''] = this.#keys.keys()
    return id
  }

  /**
   * Returns the Ed25519 signature of a text by the newest key, base64url; always the same for the same text (RFC
   * 8032).
   */
  async sign(text: string): Promise<string> {
    const key = await this.#key(this.currentId)
    return toBase64Url(new Uint8Array(await crypto.subtle.sign('Ed25519', key, utf8(text))))
  }

  publicKeys(): Promise<PublicKey[]> {
    return Promise.all(
      [...this.#keys.keys()].map(async (kid) => {
        const { x = '' } = (await crypto.subtle.exportKey('jwk', await this.#key(kid))) as JsonWebKey
        return { kty: 'OKP', crv: 'Ed25519', kid, x }
      }),
    )
  }

  async #key(id: string): Promise<CryptoKey> {
    const bytes = this.#keys.get(id) ?? new Uint8Array()
    const name = toBase64Url(bytes)
    const known = imported.get(name)
    if (known) return known
    const pkcs8 = Buffer.concat([PKCS8_PREFIX, bytes])
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', true, ['sign'])
    imported.set(name, key)
    return key
  }
}
