import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { SealingKeys } from '../../../src/crypto/sealed-secret.ts'
import { clients } from '../../../src/db/schema/staff.ts'
import { call, checksum } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession, PASSWORD } from '../../support/factories.ts'
import { UNKNOWN_CLIENT_ID } from '../../support/unknown.ts'

/** The client whose secret the contract's vectors are made with. */
const VECTOR_SECRET = 'swi-test-secret'

async function makeVectorClient() {
  const sealedSecret = await new SealingKeys(env.CLIENT_SECRETS_KEYS).seal(VECTOR_SECRET, 'vector')
  await database()
    .insert(clients)
    .values({ id: 'vector', name: 'Vectors', sealedSecret, createdAt: Date.now() })
}

describe('SWI-CS', () => {
  const json = { 'Content-Type': 'application/json', 'SWI-CID': 'vector' }
  const body = '{"email":"a@example.com","role":"admin"}'
  const bodySum = 'bdc1309039da4bd74b5d88bc9e44e2ba6f401888607874471b8c569bffb5eafb'
  const emptySum = 'c7fcdf56042cb70ec7c377f24889276ff0e73669282b80f62bbbab70eb3c835a'

  beforeEach(makeVectorClient)

  test.each([
    ['the vector', bodySum],
    ['the vector in upper case', bodySum.toUpperCase()],
  ])('%s is accepted: what is refused then is the body', async (_, sum) => {
    const answer = await call('/admin/login', { body, headers: { ...json, 'SWI-CS': sum } })
    expect(answer).toMatchObject({
      status: 422,
      json: { code: 'invalid', errors: { password: ["can't be blank"] } },
    })
  })

  test.each([
    ['missing', undefined, 'checksum_missing'],
    ['empty', '', 'checksum_mismatch'],
    ['of another body', emptySum, 'checksum_mismatch'],
    ['changed in its last digit', `${bodySum.slice(0, -1)}a`, 'checksum_mismatch'],
    ['cut short', bodySum.slice(0, -2), 'checksum_mismatch'],
    ['not hex', 'z'.repeat(64), 'checksum_mismatch'],
    ['sent twice', `${bodySum}, ${bodySum}`, 'checksum_mismatch'],
  ])('%s is refused', async (_, sum, code) => {
    const headers: Record<string, string> = sum === undefined ? json : { ...json, 'SWI-CS': sum }
    expect(await call('/admin/login', { body, headers })).toMatchObject({ status: 401, json: { code } })
  })

  test('it is over the bytes as they came, not over what they mean', async () => {
    const spaced = body.replace(',', ', ')
    const answer = await call('/admin/login', { body: spaced, headers: { ...json, 'SWI-CS': bodySum } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'checksum_mismatch' } })
  })

  test('it is checked before the body is parsed', async () => {
    const answer = await call('/admin/login', { body: '{', headers: { ...json, 'SWI-CS': bodySum } })
    expect(answer).toMatchObject({ status: 401, json: { code: 'checksum_mismatch' } })
  })

  test.each([
    ['right', emptySum, 200],
    ['wrong', bodySum, 401],
    ['missing', undefined, 200],
  ])('without a body it is over zero bytes, and need not be sent: %s', async (_, sum, status) => {
    const token = await makeSession((await makeAdmin()).adminId)
    const headers = {
      'SWI-CID': 'vector',
      Authorization: `Bearer ${token}`,
      ...(sum !== undefined && { 'SWI-CS': sum }),
    }
    expect(await call('/admin', { headers })).toMatchObject({ status })
  })
})

describe('SWI-CID', () => {
  test.each([
    ['missing', undefined],
    ['empty', ''],
    ['unknown', UNKNOWN_CLIENT_ID],
  ])('%s is refused on every call, whatever else is right', async (_, id) => {
    const token = await makeSession((await makeAdmin()).adminId)
    const headers = { Authorization: `Bearer ${token}`, ...(id !== undefined && { 'SWI-CID': id }) }
    expect(await call('/admin', { headers })).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
  })

  test('of a disabled client is refused from the next call on', async () => {
    const client = await makeClient()
    const headers = {
      'SWI-CID': client.id,
      Authorization: `Bearer ${await makeSession((await makeAdmin()).adminId)}`,
    }
    expect(await call('/admin', { headers })).toMatchObject({ status: 200 })
    await database().update(clients).set({ disabledAt: Date.now() })
    expect(await call('/admin', { headers })).toMatchObject({ status: 401, json: { code: 'client_unknown' } })
  })

  test('of one client does not go with the secret of another', async () => {
    const [client, other] = [await makeClient(), await makeClient()]
    const { email } = await makeAdmin()
    const body = JSON.stringify({ email, password: PASSWORD })
    const headers = {
      'Content-Type': 'application/json',
      'SWI-CID': client.id,
      'SWI-CS': checksum(other.secret, body),
    }
    expect(await call('/admin/login', { body, headers })).toMatchObject({
      status: 401,
      json: { code: 'checksum_mismatch' },
    })
  })

  test('a secret is nowhere in D1 in clear', async () => {
    const { secret } = await makeClient()
    const stored = await database().select().from(clients)
    expect(stored).toHaveLength(1)
    expect(JSON.stringify(stored)).not.toContain(secret)
  })
})
