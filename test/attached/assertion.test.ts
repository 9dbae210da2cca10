import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { beforeEach, describe, expect, inject, test } from 'vitest'
import type { Env } from '../../src/env.ts'
import { attachedService, headerOf, received } from '../support/attached/attached.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { granted } from '../support/calls/grants.ts'
import { type Caller, call, customerWithCallers, loggedIn } from '../support/calls/http.ts'
import { TEST_SECRETS } from '../support/secrets.ts'

const AUDIENCE = 'https://api.acme.example'
const ISSUER = 'http://localhost:8787'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

/** What a call asserts, of a service with these settings. */
async function assertedBy(
  caller: Caller,
  path: string,
  method = 'GET',
  settings: Record<string, unknown> = {},
) {
  const answer = await attachedService(settings).through(caller)(path, { method })
  const [token = ''] = headerOf(received(answer), 'Steward-Assertion')
  return { token, requestId: answer.headers.get('X-Request-Id') }
}

/** The keys that a service with these settings publishes. */
async function jwks(settings: Partial<Env> = {}): Promise<JSONWebKeySet> {
  const answer = await call('/.well-known/jwks.json', { via: (request) => fetchWith(settings, request) })
  expect(answer.status).toBe(200)
  return answer.json
}

const verified = async (token: string, keys: JSONWebKeySet) =>
  jwtVerify(token, createLocalJWKSet(keys), {
    issuer: ISSUER,
    audience: AUDIENCE,
    typ: 'steward+jwt',
    algorithms: ['EdDSA'],
    requiredClaims: ['sub', 'jti', 'iat', 'exp', 'htm', 'htu'],
  })

describe('an assertion', () => {
  test('of the customer itself says who, what and until when', async () => {
    const { token, requestId } = await assertedBy(customer.own, '/v1/orders/7?q=1', 'POST')
    const { payload, protectedHeader } = await verified(token, await jwks())
    expect(protectedHeader).toEqual({ alg: 'EdDSA', typ: 'steward+jwt', kid: 'test' })
    expect(payload).toEqual({
      iss: ISSUER,
      aud: AUDIENCE,
      sub: customer.uid,
      iat: expect.any(Number),
      exp: (payload.iat ?? 0) + 60,
      jti: requestId,
      htm: 'POST',
      htu: `${inject('upstream').url}/v1/orders/7`,
    })
    expect(Math.abs(Date.now() / 1000 - (payload.iat ?? 0))).toBeLessThan(60)
  })

  test('of an admin says whose key acts', async () => {
    const { token } = await assertedBy(customer.impersonated, '/v1/orders')
    const { payload } = await verified(token, await jwks())
    expect(payload).toMatchObject({
      sub: customer.uid,
      act: {
        sub: `admin:${customer.admin.adminId}`,
        role: 'super_admin',
        api_key_id: customer.adminKey.id,
        grant_id: null,
      },
    })
  })

  test('of a person with an access grant names it', async () => {
    const { call: staff, adminId } = await loggedIn()
    const { grant, call: acting } = await granted(staff, customer.uid)
    const { token } = await assertedBy(acting, '/v1/orders')
    expect(decodeJwt(token).act).toMatchObject({ sub: `admin:${adminId}`, grant_id: grant.id })
  })

  test('is of one request: no two are the same', async () => {
    const tokens = await Promise.all([1, 2, 3].map(() => assertedBy(customer.own, '/v1/x')))
    expect(new Set(tokens.map(({ token }) => decodeJwt(token).jti)).size).toBe(3)
  })

  test('is no other customer’s', async () => {
    const other = await customerWithCallers()
    const { token } = await assertedBy(other.own, '/v1/x')
    expect(decodeJwt(token).sub).toBe(other.uid)
  })

  test('that was changed is none', async () => {
    const { token } = await assertedBy(customer.own, '/v1/x')
    const [head, , signature] = token.split('.')
    const claims = btoa(JSON.stringify({ ...decodeJwt(token), sub: 'zzzzzzzzzzzzz' })).replace(/=+$/, '')
    await expect(verified(`${head}.${claims}.${signature}`, await jwks())).rejects.toThrow('signature')
  })

  test('is signed by a key of its own, which signs nothing else', async () => {
    const { token } = await assertedBy(customer.own, '/v1/x')
    const audit = (await call('/.well-known/steward-audit-keys.json')).json
    await expect(verified(token, audit)).rejects.toThrow()
  })
})

test('the published keys are public, and for any library', async () => {
  const keys = await jwks()
  expect(keys).toEqual({
    keys: [{ kty: 'OKP', crv: 'Ed25519', kid: 'test', x: expect.any(String), alg: 'EdDSA', use: 'sig' }],
  })
  expect(JSON.stringify(keys)).not.toContain(TEST_SECRETS.ASSERTION_SIGNING_KEYS.split(':')[1])
})

test('keys are rotated without a gap', async () => {
  const before = TEST_SECRETS.ASSERTION_SIGNING_KEYS
  const next = `next:${'C'.repeat(42)}A`
  const steps = [
    { keys: before, signs: 'test' },
    { keys: `${before},${next}`, signs: 'test' },
    { keys: `${next},${before}`, signs: 'next' },
    { keys: next, signs: 'next' },
  ]
  let known = await jwks({ ASSERTION_SIGNING_KEYS: before })
  for (const { keys, signs } of steps) {
    const { token } = await assertedBy(customer.own, '/v1/x', 'GET', { ASSERTION_SIGNING_KEYS: keys })
    expect(decodeProtectedHeader(token).kid).toBe(signs)
    // An API that has not asked since the step before knows the key already.
    await verified(token, known)
    known = await jwks({ ASSERTION_SIGNING_KEYS: keys })
  }
})
