import { toBase64Url, utf8 } from '../../../src/base/encoding.ts'
import { type Cbor, cbor, joined } from './cbor.ts'
import { type Algorithm, ES256, type Key, makeKey, sign } from './keys.ts'

type Bytes = Uint8Array<ArrayBuffer>

const FLAGS = {
  userPresent: 1,
  userVerified: 4,
  backupEligible: 8,
  backedUp: 16,
  attested: 64,
  extensions: 128,
}
export type Flag = keyof typeof FLAGS

interface Attestation {
  fmt: string
  attStmt: Cbor
}

/** What an authenticator or a browser does otherwise than it should. */
export interface Deviation {
  /** Members of the client data; undefined takes one away. */
  clientData?: Record<string, unknown>
  /** The bytes of the client data, made of those that it should have. */
  clientDataBytes?: (bytes: Bytes) => Bytes
  rpId?: string
  set?: readonly Flag[]
  clear?: readonly Flag[]
  counter?: number
  /** The id in the signed data, where it is not the one beside it. */
  signedId?: Bytes
  /** Entries of the COSE key. */
  cose?: readonly (readonly [Cbor, Cbor])[]
  /** The bytes of the authenticator data, made of those that it should have; they are what is signed. */
  authenticatorData?: (bytes: Bytes) => Bytes
  /** The key that signs. */
  key?: Key
  /** The bytes of the signature, made of those that it should have. */
  signature?: (bytes: Bytes) => Bytes
  /** The attestation statement: none by default. `self`: signed with the passkey. */
  attestation?: 'self' | Attestation
  /** Entries of a statement by the passkey itself. */
  statement?: readonly (readonly [string, Cbor])[]
  attestationObject?: (bytes: Bytes) => Bytes
  /** Members of the JSON, and of its `response`. */
  json?: Record<string, unknown>
  response?: Record<string, unknown>
}

interface CreationOptions {
  rp: { id: string }
  user: { id: string }
  challenge: string
}

interface RequestOptions {
  rpId: string
  challenge: string
}

/** An authenticator in software, with one passkey, and the browser that it is used in. */
export class SoftwareAuthenticator {
  readonly id: Bytes = crypto.getRandomValues(new Uint8Array(32))
  readonly key: Key
  readonly #origin: string
  userHandle: string | undefined
  /** How often it signed; null: it does not count, as those that keep passkeys in a cloud. */
  counter: number | null = null

  private constructor(key: Key, origin: string) {
    this.key = key
    this.#origin = origin
  }

  static make = async (origin: string, algorithm: Algorithm = ES256) =>
    new SoftwareAuthenticator(await makeKey(algorithm), origin)

  /** Does what `navigator.credentials.create()` does; returns its `toJSON()`. */
  async create(options: CreationOptions, deviation: Deviation = {}) {
    this.userHandle = options.user.id
    const clientData = this.#clientData('webauthn.create', options.challenge, deviation)
    const id = deviation.signedId ?? this.id
    const key = new Map([...this.key.cose, ...(deviation.cose ?? [])])
    const attested = joined(new Uint8Array(16), Uint8Array.of(id.length >> 8, id.length & 255), id, cbor(key))
    const data = await this.#authenticatorData(options.rp.id, attested, deviation)
    const { fmt, attStmt } = await this.#attestation(data, clientData, deviation)
    const object = cbor(
      new Map<Cbor, Cbor>([
        ['fmt', fmt],
        ['attStmt', attStmt],
        ['authData', data],
      ]),
    )
    return this.#json(deviation, {
      clientDataJSON: toBase64Url(clientData),
      attestationObject: toBase64Url((deviation.attestationObject ?? same)(object)),
      authenticatorData: toBase64Url(data),
      publicKeyAlgorithm: this.key.algorithm,
      transports: ['internal', 'hybrid'],
    })
  }

  /** Does what `navigator.credentials.get()` does; returns its `toJSON()`. */
  async get(options: RequestOptions, deviation: Deviation = {}) {
    const clientData = this.#clientData('webauthn.get', options.challenge, deviation)
    const data = await this.#authenticatorData(options.rpId, new Uint8Array(), deviation)
    const signature = await this.#signature(data, clientData, deviation)
    return this.#json(deviation, {
      clientDataJSON: toBase64Url(clientData),
      authenticatorData: toBase64Url(data),
      signature: toBase64Url(signature),
      userHandle: this.userHandle,
    })
  }

  #clientData(type: string, challenge: string, { clientData, clientDataBytes = same }: Deviation): Bytes {
    const members = { type, challenge, origin: this.#origin, crossOrigin: false, ...clientData }
    return clientDataBytes(Uint8Array.from(utf8(JSON.stringify(members))))
  }

  async #authenticatorData(rpId: string, attested: Bytes, deviation: Deviation): Promise<Bytes> {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(deviation.rpId ?? rpId)))
    const flags: Flag[] = ['userPresent', 'userVerified', ...(deviation.set ?? [])]
    if (attested.length > 0) flags.push('attested')
    const kept = flags.filter((flag) => !deviation.clear?.includes(flag))
    const byte = kept.reduce((all, flag) => all | FLAGS[flag], 0)
    if (this.counter !== null) this.counter++
    const counter = deviation.counter ?? this.counter ?? 0
    const count = Uint8Array.of(counter >>> 24, counter >>> 16, counter >>> 8, counter)
    return (deviation.authenticatorData ?? same)(joined(hash, Uint8Array.of(byte), count, attested))
  }

  async #signature(data: Bytes, clientData: Bytes, { key, signature = same }: Deviation): Promise<Bytes> {
    const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', clientData))
    return signature(await sign(key ?? this.key, joined(data, hash)))
  }

  async #attestation(data: Bytes, clientData: Bytes, deviation: Deviation): Promise<Attestation> {
    const { attestation = { fmt: 'none', attStmt: new Map() } } = deviation
    if (attestation !== 'self') return attestation
    const sig = await this.#signature(data, clientData, deviation)
    return {
      fmt: 'packed',
      attStmt: new Map<Cbor, Cbor>([
        ['alg', this.key.algorithm],
        ['sig', sig],
        ...(deviation.statement ?? []),
      ]),
    }
  }

  #json<Response extends object>({ json, response }: Deviation, members: Response) {
    return {
      id: toBase64Url(this.id),
      rawId: toBase64Url(this.id),
      type: 'public-key' as const,
      response: { ...members, ...response },
      authenticatorAttachment: 'platform',
      clientExtensionResults: {},
      ...json,
    }
  }
}

const same = (bytes: Bytes) => bytes

/** Returns the bytes with one bit of one of them turned, the last one by default. */
export const bent = (bytes: Bytes, at = bytes.length - 1) =>
  bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
