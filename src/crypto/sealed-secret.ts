import { fromBase64Url, fromUtf8, toBase64Url, utf8 } from '../base/encoding.ts'
import { type KeyList, readKeyList } from './key-list.ts'

/** AES-GCM with the 96-bit nonce of NIST SP 800-38D, section 8.2.2, drawn at random for each secret. */
const NONCE_BYTES = 12

/** The keys that seal secrets at rest, newest first: the first seals, any of them opens. */
export class SealingKeys {
  readonly #keys: KeyList
  readonly #currentId: string

  /** @throws Error if the text holds no key, or a key of another size. */
  constructor(text: string) {
    this.#keys = readKeyList('CLIENT_SECRETS_KEYS', text)
    const [currentId = ''] = this.#keys.keys()
    this.#currentId = currentId
  }

  /** Seals `secret` for `owner`: it can be opened for that owner only. */
  async seal(secret: string, owner: string): Promise<string> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const key = await this.#import(this.#currentId)
    const sealed = await crypto.subtle.encrypt(parameters(nonce, owner), key, utf8(secret))
    return [this.#currentId, toBase64Url(nonce), toBase64Url(new Uint8Array(sealed))].join('.')
  }

  /** @throws Error if it was sealed with a key that is no longer here, for another owner, or was changed. */
  async open(sealed: string, owner: string): Promise<string> {
    const [id = '', nonce = '', ciphertext = ''] = sealed.split('.')
    const key = await this.#import(id)
    const bytes = fromBase64Url(ciphertext) ?? new Uint8Array()
    const opened = await crypto.subtle.decrypt(
      parameters(fromBase64Url(nonce) ?? new Uint8Array(), owner),
      key,
      bytes,
    )
    return fromUtf8(new Uint8Array(opened))
  }

  #import(id: string): Promise<CryptoKey> {
    const bytes = this.#keys.get(id)
    if (!bytes) throw new Error('the key that sealed this secret is not configured')
    return crypto.subtle.importKey('raw', bytes, 'AES-GCM', false, ['encrypt', 'decrypt'])
  }
}

const parameters = (iv: Uint8Array<ArrayBuffer>, owner: string) => ({
  name: 'AES-GCM',
  iv,
  additionalData: utf8(owner),
})
