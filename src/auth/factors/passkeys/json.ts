import * as z from 'zod'
import { FIELD_TEXT } from '../../../errors.ts'
import { textValue } from '../../../http/fields/values.ts'

/**
 * What browsers send and take as JSON: WebAuthn Level 3, sections 5.1.8 to 5.1.10. Everything that is sent is bounded
 * before it is looked at; members that are not read here are passed over, because browsers add to them.
 */

/** Credential ids have 1023 bytes at most: section 7.1, step 25. */
const MAX_CREDENTIAL_ID_BYTES = 1023

/** User handles have 64 bytes at most: section 5.4.3. */
const MAX_USER_HANDLE_BYTES = 64

/** The largest that are seen have some 400 bytes. */
const MAX_CLIENT_DATA_BYTES = 2048

/** A credential id, an RSA key of 4096 bits and some extensions. */
const MAX_AUTHENTICATOR_DATA_BYTES = 3072

/** A signature of an RSA key of 4096 bits. */
const MAX_SIGNATURE_BYTES = 512

const MAX_ATTESTATION_BYTES = MAX_AUTHENTICATOR_DATA_BYTES + MAX_SIGNATURE_BYTES + 256

const MAX_TRANSPORTS = 10

const base64Url = (maxBytes: number, description: string) => {
  const maximum = Math.ceil((maxBytes * 4) / 3)
  return z
    .string()
    .max(maximum)
    .regex(/^[\w-]+$/, { error: FIELD_TEXT.invalid })
    .meta({ description, examples: ['AQIDBAUGBwg'] })
}

const credentialId = () => base64Url(MAX_CREDENTIAL_ID_BYTES, 'The id of the passkey, in base64url.')

const clientDataJSON = () => base64Url(MAX_CLIENT_DATA_BYTES, 'The `clientDataJSON`, in base64url.')

/** A transport that this does not know is kept: section 5.8.4. */
const transports = () =>
  z
    .array(z.string().regex(/^[a-z-]{1,32}$/))
    .max(MAX_TRANSPORTS)
    .meta({
      description: 'How the authenticator can be reached, as far as it is known.',
      examples: [['internal']],
    })

const publicKeyType = () => z.literal('public-key').meta({ description: 'The kind of credential.' })

const credentialMembers = () => ({
  id: credentialId(),
  rawId: credentialId().optional(),
  type: publicKeyType(),
})

/** A RegistrationResponseJSON. */
export const registrationResponse = () =>
  z
    .object({
      ...credentialMembers(),
      response: z
        .object({
          clientDataJSON: clientDataJSON(),
          attestationObject: base64Url(MAX_ATTESTATION_BYTES, 'The `attestationObject`, in base64url.'),
          transports: transports().default([]),
        })
        .meta({ description: 'What the authenticator made.' }),
    })
    .meta({ description: 'The `toJSON()` of what `navigator.credentials.create()` gave.' })

export type RegistrationResponse = z.output<ReturnType<typeof registrationResponse>>

/** An AuthenticationResponseJSON. */
export const authenticationResponse = () =>
  z
    .object({
      ...credentialMembers(),
      response: z
        .object({
          clientDataJSON: clientDataJSON(),
          authenticatorData: base64Url(
            MAX_AUTHENTICATOR_DATA_BYTES,
            'The `authenticatorData`, in base64url.',
          ),
          signature: base64Url(MAX_SIGNATURE_BYTES, 'The `signature`, in base64url.'),
          userHandle: base64Url(MAX_USER_HANDLE_BYTES, 'Whose passkey it is, in base64url.').nullish(),
        })
        .meta({ description: 'What the authenticator signed.' }),
    })
    .meta({ description: 'The `toJSON()` of what `navigator.credentials.get()` gave.' })

export type AuthenticationResponse = z.output<ReturnType<typeof authenticationResponse>>

const listed = (description: string) =>
  z
    .array(z.object({ type: publicKeyType(), id: credentialId(), transports: transports() }))
    .meta({ description })

const challenge = () => base64Url(64, 'What has to be signed: good once, and for 5 minutes.')
const timeout = () =>
  z.int().meta({ description: 'For how many milliseconds it is good.', examples: [300_000] })
const rpId = () =>
  z.string().meta({ description: 'The host that passkeys are for.', examples: ['admin.example.com'] })
const required = (description: string) => z.literal('required').meta({ description })

/** A PublicKeyCredentialCreationOptionsJSON. */
export const creationOptionsObject = () =>
  z.object({
    rp: z
      .object({ id: rpId(), name: textValue('Steward').describe('What authenticators show.') })
      .meta({ description: 'Who asks for the passkey.' }),
    user: z
      .object({
        id: base64Url(MAX_USER_HANDLE_BYTES, 'By what authenticators know the account.'),
        name: textValue('ada@example.com').describe('The email of the account.'),
        displayName: textValue('ada@example.com').describe('The same.'),
      })
      .meta({ description: 'Who it is for.' }),
    challenge: challenge(),
    pubKeyCredParams: z
      .array(
        z.object({
          type: publicKeyType(),
          alg: z.int().meta({ description: 'The number of a COSE algorithm.', examples: [-7] }),
        }),
      )
      .meta({ description: 'The kinds of keys that are taken, the preferred one first.' }),
    timeout: timeout(),
    excludeCredentials: listed('The passkeys that the account has.'),
    authenticatorSelection: z
      .object({
        residentKey: required('The authenticator keeps the passkey, and finds it without its id.'),
        requireResidentKey: z.literal(true).meta({ description: 'The same, for older browsers.' }),
        userVerification: required('It asks for a PIN, a finger or a face.'),
      })
      .meta({ description: 'Which authenticators will do.' }),
    attestation: z.literal('none').meta({ description: 'Its make does not matter.' }),
  })

/** A PublicKeyCredentialRequestOptionsJSON. */
export const requestOptionsObject = () =>
  z.object({
    challenge: challenge(),
    timeout: timeout(),
    rpId: rpId(),
    allowCredentials: listed('The passkeys that will do; empty: any that the authenticator has.'),
    userVerification: required('It asks for a PIN, a finger or a face.'),
  })
