import { Hono } from 'hono'
import * as z from 'zod'
import { describing } from '../http/annotations.ts'
import { jsonAnswer } from '../http/answers.ts'
import type { AppEnv } from '../http/context.ts'
import { isPublic } from '../http/declared.ts'
import { textValue } from '../http/fields/values.ts'
import { storesOf } from '../http/stores.ts'
import { OPERATIONS } from '../openapi/docs.routes.ts'

const publicKeyObject = () =>
  z.object({
    kty: z.literal('OKP'),
    crv: z.literal('Ed25519'),
    kid: textValue('k1'),
    x: textValue('6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw'),
  })

const KEYS = jsonAnswer(200, () => z.object({ keys: z.array(publicKeyObject()) }))

const JWKS = jsonAnswer(200, () =>
  z.object({
    keys: z.array(publicKeyObject().extend({ alg: z.literal('EdDSA'), use: z.literal('sig') })),
  }),
)

const describes = describing(OPERATIONS)

/** `/.well-known`: the public keys that others verify with, as JSON Web Key Sets (RFC 7517). */
export const wellKnownRoutes = new Hono<AppEnv>()
  .get(
    '/.well-known/steward-audit-keys.json',
    describes(() => ({
      id: 'getAuditKeys',
      summary: 'Get the public keys that audit digests are signed with',
      description:
        'A JSON Web Key Set (RFC 7517), for whoever checks an export. Keep a copy where the operator cannot change it.',
      answers: [KEYS],
    })),
    isPublic(),
    async (c) => KEYS.of(c, { keys: await storesOf(c).signingKeys.publicKeys() }),
  )
  .get(
    '/.well-known/jwks.json',
    describes(() => ({
      id: 'getAssertionKeys',
      summary: 'Get the public keys that assertions to an attached API are signed with',
      description:
        'A JSON Web Key Set (RFC 7517), for any JWT library: the first key signs `Steward-Assertion`, the others did or will.',
      answers: [JWKS],
    })),
    isPublic(),
    async (c) => {
      const keys = await storesOf(c).assertionKeys.publicKeys()
      return JWKS.of(c, { keys: keys.map((key) => ({ ...key, alg: 'EdDSA', use: 'sig' })) })
    },
  )
