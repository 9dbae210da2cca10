import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { hasAccessKeyForm } from '../../../src/auth/callers/access-key.ts'
import { ROLE_SCOPES, ROLES, SCOPES } from '../../../src/auth/permissions.ts'
import { adminKeyName } from '../../../src/base/kv-names.ts'
import { sha256Hex } from '../../../src/crypto/digest.ts'
import { adminApiKeys } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { granted } from '../../support/calls/grants.ts'
import { type Answer, callerWith, loggedIn } from '../../support/calls/http.ts'
import { database, makeAdminKey, makeCustomer } from '../../support/factories.ts'
import { recordsOf, trail } from '../../support/trail/audit.ts'
import { UNKNOWN_KEY_ID, UNKNOWN_UID } from '../../support/unknown.ts'

const KEYS = '/admin/api_keys'

/** Asks for a customer's lists with an admin's key, this many milliseconds from now. */
async function tryKey(key: string, elapsed = 0): Promise<Answer> {
  const { uid } = await makeCustomer()
  const via = (request: Request) => fetchWith({}, request, () => Date.now() + elapsed)
  return callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': uid })('/lists', { via })
}

/** Each is read as another range than it looks like by some parser: a deny list must not hold it. */
const NO_RANGES = [
  '10/8',
  '0/0',
  '1',
  '10.1/16',
  '2886729728/8',
  '0x0a.0.0.0/8',
  '010.0.0.0/8',
  '10.0.0.0/08',
  '10.0.0.0/',
  '10.0.0.0/-1',
  '::ffff:10.0.0.0/8',
  '::ffff:010.0.0.0/104',
  'fe80::1%eth0/64',
]

describe('POST /admin/api_keys', () => {
  test.each(ROLES)(
    'gives a %s a key in clear this once, that may do by default what the role may, but make customers’ keys',
    async (role) => {
      const admin = await loggedIn(role)
      const answer = await admin.call(KEYS, { body: { name: ' Desk ' } })
      expect(answer.status).toBe(201)
      const { key, ...shown } = answer.json.data
      expect(hasAccessKeyForm('admin', key)).toBe(true)
      expect(shown).toEqual({
        id: expect.stringMatching(/^key_\w{22}$/),
        name: ' Desk ',
        key_hint: `${key.slice(0, 14)}…`,
        scopes: ROLE_SCOPES[role].filter((scope) => scope !== 'customers:keys'),
        customers: null,
        ip_allow: [],
        ip_deny: [],
        expires_at: null,
        require_reason: false,
        created_at: expect.any(String),
        last_used_at: null,
        revoked_at: null,
      })
      expect((await admin.call(`${KEYS}/${shown.id}`)).json.data).toEqual(shown)
      expect((await admin.call(KEYS)).json.data).toEqual([shown])
      const stored = await database().select().from(adminApiKeys)
      const { keys } = await env.KEYS.list()
      expect(JSON.stringify([stored, keys])).not.toContain(key)
      expect(await env.KEYS.get(adminKeyName(sha256Hex(key)), 'json')).toEqual({
        id: shown.id,
        admin_id: admin.adminId,
      })
      const records = await recordsOf([answer])
      expect(records).toMatchObject([
        { stage: 'received' },
        { stage: 'completed', target_type: 'api_key', target_id: shown.id, admin_id: admin.adminId },
      ])
      expect(JSON.stringify(records)).not.toContain(key)
    },
  )

  test('takes a form as PHP writes it', async () => {
    const [a, b] = [await makeCustomer(), await makeCustomer()]
    const { call } = await loggedIn()
    const form = new URLSearchParams([
      ['name', 'From a form'],
      ['scopes[]', 'customers:read'],
      ['customers[]', a.uid],
      ['customers[]', b.uid],
      ['ip_allow[]', '192.0.2.1'],
      ['ip_deny[0]', '2001:db8::/32'],
      ['ip_deny[1]', '::ffff:192.0.2.0/120'],
      ['require_reason', '1'],
    ])
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await call(KEYS, { body: form.toString(), headers })).toMatchObject({
      status: 201,
      json: {
        data: {
          scopes: ['customers:read'],
          customers: [a.uid, b.uid],
          ip_allow: ['192.0.2.1/32'],
          ip_deny: ['2001:db8::/32', '192.0.2.0/24'],
          require_reason: true,
        },
      },
    })
  })

  test.each(ROLES.flatMap((role) => SCOPES.map((scope) => [role, scope] as const)))(
    'a %s gives %s only as far as the role has it',
    async (role, scope) => {
      const { call } = await loggedIn(role)
      const answer = await call(KEYS, { body: { name: 'Key', scopes: [scope] } })
      if (ROLE_SCOPES[role].includes(scope)) return expect(answer.status).toBe(201)
      expect(answer).toMatchObject({
        status: 422,
        json: { code: 'invalid', errors: { scopes: ['is not included in the list'] } },
      })
      expect(await database().select().from(adminApiKeys)).toEqual([])
      expect((await env.KEYS.list()).keys).toEqual([])
    },
  )

  test.each([
    ['no name', { name: ' ' }, { name: ["can't be blank"] }],
    ['no scopes', { scopes: [] }, { scopes: ["can't be blank"] }],
    ['an unknown scope', { scopes: ['customers:all'] }, { 'scopes.0': ['is not included in the list'] }],
    ['a customer of no form', { customers: ['x'] }, { 'customers.0': ['is invalid'] }],
    [
      'customers that do not exist',
      { customers: [UNKNOWN_UID, 'bbbbbbbbbbbbb'] },
      { 'customers.0': ['is not included in the list'], 'customers.1': ['is not included in the list'] },
    ],
    ['no range', { ip_allow: ['10.0.0.0/33'] }, { 'ip_allow.0': ['is invalid'] }],
    ...NO_RANGES.map((range): [string, object, object] => [
      `${range}, which some take for a range`,
      { ip_deny: [range] },
      { 'ip_deny.0': ['is invalid'] },
    ]),
    ['a host name', { ip_deny: ['192.0.2.1', 'localhost'] }, { 'ip_deny.1': ['is invalid'] }],
    ['an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, { expires_at: ['must be in the future'] }],
    [
      'an end past the year 9999',
      { expires_at: '9999-12-31T23:59:59-05:00' },
      { expires_at: ['is invalid'] },
    ],
    ['an end without an offset', { expires_at: '2099-01-01T00:00:00' }, { expires_at: ['is invalid'] }],
    [
      'several at once',
      { expires_at: '2020-01-01T00:00:00Z', customers: [UNKNOWN_UID] },
      { expires_at: ['must be in the future'], 'customers.0': ['is not included in the list'] },
    ],
  ])('refuses %s, and makes nothing', async (_, input, errors) => {
    const { call } = await loggedIn()
    const answer = await call(KEYS, { body: { name: 'Key', ...input } })
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
    expect(answer.json.errors).toEqual(errors)
    expect(await database().select().from(adminApiKeys)).toEqual([])
  })

  test('a key that expires is refused from that moment on', async () => {
    const { call } = await loggedIn()
    const expires_at = new Date(Date.now() + 60_000).toISOString()
    const { json } = await call(KEYS, { body: { name: 'Key', expires_at } })
    expect((await tryKey(json.data.key, 50_000)).status).toBe(200)
    expect(await tryKey(json.data.key, 61_000)).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
  })
})

describe('whose key it is', () => {
  const acts = [
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/roll'],
  ] as const

  test.each(acts)(
    '%s api_keys/:id%s of another admin is as of a key that never was',
    async (method, suffix) => {
      const [admin, other] = [await loggedIn('admin'), await loggedIn('admin')]
      const { id, key } = await makeAdminKey(other)
      const body = method === 'POST' ? {} : undefined
      const [theirs, nobodys] = [
        await admin.call(`${KEYS}/${id}${suffix}`, { method, body }),
        await admin.call(`${KEYS}/${UNKNOWN_KEY_ID}${suffix}`, { method, body }),
      ]
      for (const answer of [theirs, nobodys]) {
        expect.soft(answer).toMatchObject({ status: 404, json: { code: 'api_key_unknown' } })
      }
      expect.soft((await tryKey(key)).status).toBe(200)
    },
  )

  test('a super_admin sees and revokes any, but rolls only the own: a new secret acts in its owner’s name', async () => {
    const [boss, admin] = [await loggedIn(), await loggedIn('admin')]
    const { id, key } = await makeAdminKey(admin)
    await makeAdminKey(boss)
    expect((await boss.call(`${KEYS}/${id}`)).json.data.id).toBe(id)
    expect((await boss.call(KEYS)).json.meta.total).toBe(2)
    expect((await boss.call(`${KEYS}?admin_id=${admin.adminId}`)).json.data).toMatchObject([{ id }])
    expect((await admin.call(`${KEYS}?admin_id=${admin.adminId}`)).json.data).toMatchObject([{ id }])
    const others = await admin.call(`${KEYS}?admin_id=${boss.adminId}`)
    expect(others).toMatchObject({ status: 403, json: { code: 'forbidden' } })

    const rolled = await boss.call(`${KEYS}/${id}/roll`, { body: {} })
    expect(rolled).toMatchObject({ status: 403, json: { code: 'forbidden' } })
    expect((await tryKey(key)).status).toBe(200)
    expect((await recordsOf([rolled])).at(-1)).toMatchObject({ result: 'refused', target_id: id })

    expect((await boss.call(`${KEYS}/${id}`, { method: 'DELETE' })).status).toBe(200)
    expect(await tryKey(key)).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
  })
})

test.each([
  { whose: 'everyone', query: '' },
  { whose: 'an admin', query: '?admin_id=' },
])('the list of the keys of $whose costs the same however many keys grants have', async ({ query }) => {
  const { call, ...admin } = await loggedIn()
  await makeAdminKey(admin)
  const { grant } = await granted(call, (await makeCustomer()).uid)
  const path = `${KEYS}${query && query + admin.adminId}`
  await call(path)
  const before = await counted(call, path)
  for (let i = 0; i < 20; i++) await call(`/admin/access_grants/${grant.id}/key`, { method: 'POST' })
  const after = await counted(call, path)
  expect(after.json.meta.total).toBe(1)
  expect(after.counts.rowsRead).toBe(before.counts.rowsRead)
})

describe('POST /admin/api_keys/:id/roll', () => {
  test('without a grace the old key is refused at once', async () => {
    const admin = await loggedIn('customer_success')
    const old = await makeAdminKey(admin)
    expect((await tryKey(old.key)).status).toBe(200)
    const answer = await admin.call(`${KEYS}/${old.id}/roll`, { body: {} })
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'API key rolled successfully', data: { id: old.id, name: 'Test key' } },
    })
    expect((await tryKey(answer.json.data.key)).status).toBe(200)
    expect(await tryKey(old.key)).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    expect((await env.KEYS.list()).keys).toHaveLength(1)
    expect(JSON.stringify(await trail())).not.toContain(answer.json.data.key)
  })

  test('both keys work until the grace is over, then the new one does', async () => {
    const admin = await loggedIn('admin')
    const old = await makeAdminKey(admin)
    const { json } = await admin.call(`${KEYS}/${old.id}/roll`, { body: { grace_seconds: 600 } })
    expect((await tryKey(old.key)).status).toBe(200)
    expect((await tryKey(json.data.key)).status).toBe(200)
    expect((await tryKey(old.key, 590_000)).status).toBe(200)
    expect(await tryKey(old.key, 601_000)).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    expect((await tryKey(json.data.key, 601_000)).status).toBe(200)
    const { keys } = await env.KEYS.list()
    const forgotten = adminKeyName(sha256Hex(old.key))
    expect(keys.find(({ name }) => name === forgotten)?.expiration).toBeGreaterThan(Date.now() / 1000 + 500)
  })

  test('a second roll ends the grace of the first', async () => {
    const admin = await loggedIn('admin')
    const first = await makeAdminKey(admin)
    const roll = async () =>
      (await admin.call(`${KEYS}/${first.id}/roll`, { body: { grace_seconds: 600 } })).json.data.key
    const [second, third] = [await roll(), await roll()]
    expect((await tryKey(first.key)).status).toBe(401)
    expect((await tryKey(second)).status).toBe(200)
    expect((await tryKey(third)).status).toBe(200)
  })

  test('revoking ends both', async () => {
    const admin = await loggedIn('admin')
    const old = await makeAdminKey(admin)
    const { json } = await admin.call(`${KEYS}/${old.id}/roll`, { body: { grace_seconds: 604_800 } })
    expect((await admin.call(`${KEYS}/${old.id}`, { method: 'DELETE' })).status).toBe(200)
    for (const key of [old.key, json.data.key]) {
      expect.soft(await tryKey(key)).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
    }
    expect((await env.KEYS.list()).keys).toEqual([])
  })

  test.each([[-1], [604_801], [1.5], ['soon'], [{}]])(
    'a grace of %j seconds is refused',
    async (grace_seconds) => {
      const admin = await loggedIn('admin')
      const { id, key } = await makeAdminKey(admin)
      const answer = await admin.call(`${KEYS}/${id}/roll`, { body: { grace_seconds } })
      expect(answer).toMatchObject({ status: 422, json: { errors: { grace_seconds: ['is invalid'] } } })
      expect((await tryKey(key)).status).toBe(200)
    },
  )

  test.each([
    ['revoked', { revokedAt: 1 }],
    ['expired', { expiresAt: 1 }],
  ])('a key that is %s stays so', async (_, ended) => {
    const admin = await loggedIn('admin')
    const { id, key } = await makeAdminKey(admin)
    await database().update(adminApiKeys).set(ended).where(eq(adminApiKeys.id, id))
    expect(await admin.call(`${KEYS}/${id}/roll`, { body: {} })).toMatchObject({
      status: 409,
      json: { code: 'api_key_inactive' },
    })
    expect((await tryKey(key)).status).toBe(401)
  })
})
