import { env } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import { ROLES } from '../../../src/auth/permissions.ts'
import { customers, customerTotals } from '../../../src/db/schema/customers.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { type Caller, keyCaller, loggedIn } from '../../support/calls/http.ts'
import { pagesOf } from '../../support/calls/pages.ts'
import { database, type makeAdminKey, makeCustomer } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

const PATH = '/admin/customers'
const ADA = { email: 'ada@example.com', first_name: 'Ada', last_name: 'Lovelace' }

let admin: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  admin = await loggedIn('admin')
})

const withKey = (input: Parameters<typeof makeAdminKey>[1]) => keyCaller(admin, input)

const uidsOf = ({ json }: { json: { data: { customer_uid: string }[] } }) =>
  json.data.map(({ customer_uid }) => customer_uid)

describe('POST /admin/customers', () => {
  test('creates an active customer, with what was left out as nothing', async () => {
    const answer = await admin.call(PATH, { body: ADA })
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      message: 'Customer created successfully',
      data: {
        ...ADA,
        customer_uid: expect.stringMatching(/^[a-z0-9]{13}$/),
        timezone: 'UTC',
        status: 'active',
        group: null,
        company: null,
        support_access: 'open',
        purge_at: null,
        created_at: expect.any(String),
        updated_at: expect.any(String),
      },
    })
    const uid = answer.json.data.customer_uid
    expect((await admin.call(`${PATH}/${uid}`)).json.data).toEqual(answer.json.data)
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received' },
      { stage: 'completed', target_type: 'customer', target_id: uid, customer_uid: uid },
    ])
  })

  test('keeps all that may be said of one, from a form as well', async () => {
    const form = new URLSearchParams({
      ...ADA,
      timezone: 'Europe/London',
      group: 'Gold',
      'company[name]': 'Engines & Co',
      'company[city]': 'Łódź',
    })
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const { status, json } = await admin.call(PATH, { body: form.toString(), headers })
    expect(status).toBe(201)
    expect(json.data).toMatchObject({ timezone: 'Europe/London', group: 'Gold' })
    expect(json.data.company).toEqual({
      name: 'Engines & Co',
      address: null,
      city: 'Łódź',
      state: null,
      zip: null,
      country: null,
      phone: null,
      website: null,
    })
  })

  test.each([
    [
      'nothing',
      {},
      { email: ["can't be blank"], first_name: ["can't be blank"], last_name: ["can't be blank"] },
    ],
    ['no email', { ...ADA, email: 'ada@' }, { email: ['is invalid'] }],
    ['no place', { ...ADA, timezone: 'Mars/Olympus' }, { timezone: ['is not included in the list'] }],
    ['an offset', { ...ADA, timezone: '+01:00' }, { timezone: ['is not included in the list'] }],
    ['a company of text', { ...ADA, company: 'Engines' }, { company: ['is invalid'] }],
    ['what no company has', { ...ADA, company: { motto: 'x' } }, { 'company.motto': ['is unknown'] }],
    ['a NUL', { ...ADA, first_name: 'A\0da' }, { first_name: ['is invalid'] }],
    [
      'too much',
      { ...ADA, company: { name: 'x'.repeat(256) } },
      { 'company.name': ['is too long (maximum is 255 characters)'] },
    ],
  ])('refuses %s', async (_, body, errors) => {
    const answer = await admin.call(PATH, { body })
    expect(answer).toMatchObject({ status: 422, json: { code: 'invalid' } })
    expect(answer.json.errors).toEqual(errors)
    expect(await database().select().from(customers)).toEqual([])
  })

  test('of one email makes one customer, however many ask at once', async () => {
    const bodies = ['ada@example.com', 'ADA@example.com', 'Ada@Example.com', 'ada@example.COM']
    const answers = await Promise.all(bodies.map((email) => admin.call(PATH, { body: { ...ADA, email } })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422, 422])
    for (const { json } of answers.filter(({ status }) => status === 422))
      expect(json.errors).toEqual({ email: ['has already been taken'] })
  })
})

describe('PUT and PATCH /admin/customers/:uid', () => {
  const full = { ...ADA, timezone: 'Europe/London', group: 'Gold', company: { name: 'Engines', zip: 'W1' } }
  let path: string

  beforeEach(async () => {
    path = `${PATH}/${(await admin.call(PATH, { body: full })).json.data.customer_uid}`
  })

  test('PUT replaces what may be set', async () => {
    const body = { ...ADA, first_name: 'Augusta', company: { city: 'London' } }
    const { status, json } = await admin.call(path, { method: 'PUT', body })
    expect(status).toBe(200)
    expect(json.data).toMatchObject({ first_name: 'Augusta', timezone: 'UTC', group: null, status: 'active' })
    expect(json.data.company).toMatchObject({ name: null, city: 'London', zip: null })
    await admin.call(path, { method: 'PUT', body: ADA })
    expect((await admin.call(path)).json.data.company).toBeNull()
  })

  test.each<[string, Record<string, unknown>, Record<string, unknown>]>([
    ['nothing', {}, {}],
    ['a name', { last_name: 'King' }, { last_name: 'King' }],
    ['a group to none', { group: null }, { group: null }],
    ['a group to none in a form’s way', { group: '' }, { group: null }],
    ['one part of the company', { company: { zip: 'W2' } }, { company: { name: 'Engines', zip: 'W2' } }],
    [
      'a part of the company to none',
      { company: { zip: null } },
      { company: { name: 'Engines', zip: null } },
    ],
    ['the company to none', { company: null }, { company: null }],
  ])('PATCH changes %s, and nothing else', async (_, body, expected) => {
    const before = (await admin.call(path)).json.data
    const answer = await admin.call(path, { method: 'PATCH', body })
    expect(answer).toMatchObject({ status: 200, json: { message: 'Customer updated successfully' } })
    const company = 'company' in expected ? {} : { company: before.company }
    expect(answer.json.data).toMatchObject({ ...expected, ...company })
    const untouched = Object.keys(before).filter((field) => !(field in expected) && field !== 'updated_at')
    for (const field of untouched) expect.soft(answer.json.data[field]).toEqual(before[field])
  })

  test('refuse what is no field, and the status', async () => {
    const body = { ...ADA, status: 'inactive', nonsense: 1 }
    for (const method of ['PUT', 'PATCH']) {
      expect.soft(await admin.call(path, { method, body })).toMatchObject({
        status: 422,
        json: { errors: { status: ['is unknown'], nonsense: ['is unknown'] } },
      })
    }
  })

  test.each(['PUT', 'PATCH'])(
    '%s refuses another customer’s email and an unknown customer',
    async (method) => {
      const { uid } = await makeCustomer({ email: 'grace@example.com' })
      const body = { ...ADA, email: 'Grace@example.com' }
      expect(await admin.call(path, { method, body })).toMatchObject({
        status: 422,
        json: { errors: { email: ['has already been taken'] } },
      })
      expect((await admin.call(`${PATH}/${uid}`, { method, body })).status).toBe(200)
      expect(await admin.call(`${PATH}/${UNKNOWN_UID}`, { method, body: ADA })).toMatchObject({
        status: 404,
        json: { code: 'customer_unknown', message: 'Customer does not exist' },
      })
    },
  )
})

describe('GET /admin/customers', () => {
  test('finds by the start of the email or a name in any case, by the whole domain and the whole uid', async () => {
    const company = { name: 'Acme Coffee', city: 'Tucson' }
    const ada = await makeCustomer({ firstName: 'Ada', lastName: 'Lovelace', email: 'countess@example.com' })
    const wile = await makeCustomer({
      firstName: 'Wile',
      lastName: 'Coyote',
      email: 'o@acme.example',
      company,
    })
    const grace = await makeCustomer({ firstName: 'Grace', lastName: 'Adams', email: 'grace@example.com' })
    const alan = await makeCustomer({ firstName: 'Alan', lastName: 'Turing', email: 'adalbert@example.com' })
    const search = async (text: string) =>
      uidsOf(await admin.call(`${PATH}?search=${encodeURIComponent(text)}`))
    // By what finds them: the email, the first name, the last name.
    expect(await search('ADA')).toEqual([alan.uid, ada.uid, grace.uid])
    expect(await search('countess@')).toEqual([ada.uid])
    expect(await search('Love')).toEqual([ada.uid])
    expect(await search(alan.uid)).toEqual([alan.uid])
    expect(await search(alan.uid.slice(0, 12))).toEqual([])
    expect(await search('%')).toEqual([])
    expect(await search("' OR 1=1 --")).toEqual([])
    expect(await search('acme')).toEqual([wile.uid])
    expect(await search('ACME C')).toEqual([wile.uid])
    expect(await search('Coffee')).toEqual([])
    expect(await search('Tucson')).toEqual([])
    expect(await search('@ACME.example')).toEqual([wile.uid])
    expect(await search('@example.com')).toEqual([ada.uid, grace.uid, alan.uid])
    expect(await search('@example')).toEqual([])
    expect(await search('@')).toEqual([])
  })

  test('pages by cursor through each filter, with the total of what matches', async () => {
    const made: string[] = []
    for (let i = 0; i < 7; i++) made.push((await makeCustomer({ firstName: i % 2 ? 'Odd' : 'Even' })).uid)
    for (const uid of made.slice(0, 3)) await admin.call(`${PATH}/${uid}/suspend`, { method: 'POST' })
    const table: [string, string[]][] = [
      ['', made],
      ['&search=even', made.filter((_, i) => i % 2 === 0)],
      ['&status=inactive', made.slice(0, 3)],
      ['&status=active&search=odd', made.filter((_, i) => i % 2 === 1 && i >= 3)],
      ['&status=pending_delete', []],
    ]
    for (const [filter, expected] of table) {
      const pages = await pagesOf(admin.call, `${PATH}?per_page=2${filter}`)
      for (const { meta } of pages) expect.soft(meta.total, filter).toBe(expected.length)
      expect
        .soft(
          pages.flatMap((json) => uidsOf({ json })),
          filter,
        )
        .toEqual(expected)
    }
    expect(await admin.call(`${PATH}?status=gone`)).toMatchObject({ status: 422 })
  })

  test('reads as many rows as a page holds, however many customers there are', async () => {
    await env.DB.prepare(
      `INSERT INTO customers (uid, first_name, last_name, email, company, status, created_at)
       SELECT printf('%013d', value), 'First' || value, 'Last' || value, value || '@' || value || '.example',
         json_object('name', 'Company' || value), 'active', 1
       FROM (WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n LIMIT 2000) SELECT value FROM n)`,
    ).run()
    const rowsRead = async (query: string, caller = admin.call) => {
      const { bindings, counts } = countedBindings(env)
      const answer = await caller(PATH + query, { via: (request) => fetchWith(bindings, request) })
      expect(answer.status).toBe(200)
      return { rows: counts.rowsRead, json: answer.json }
    }
    const first = await rowsRead('?per_page=10')
    expect(first.json.meta.total).toBe(2000)
    expect(first.rows).toBeLessThanOrEqual(25)
    const second = await rowsRead(`?per_page=10&cursor=${first.json.meta.next_cursor}`)
    expect(second.rows).toBeLessThanOrEqual(25)
    expect((await rowsRead('?per_page=10&status=active')).rows).toBeLessThanOrEqual(25)
    for (const search of [
      'First1999',
      'Last1999',
      'Company1999',
      '1999@',
      '@1999.example',
      '0000000001999',
    ]) {
      const { rows, json } = await rowsRead(`?per_page=10&search=${search}`)
      expect(json.data, search).toHaveLength(1)
      expect(rows, search).toBeLessThanOrEqual(31)
    }

    const uids = ['0000000001999', '0000000000007']
    const limited = await rowsRead(
      '?per_page=10',
      await withKey({ scopes: ['customers:manage'], customers: uids }),
    )
    expect(uidsOf(limited)).toEqual(uids.toReversed())
    expect(limited.rows).toBeLessThanOrEqual(25)
  })

  test('totals are what counting would give, whatever happened', async () => {
    const uids = []
    for (let i = 0; i < 6; i++) uids.push((await makeCustomer()).uid)
    const acts = ['suspend', 'suspend', 'activate', ''] as const
    for (const [i, uid] of uids.entries()) {
      const act = acts[i % acts.length]
      await admin.call(`${PATH}/${uid}${act && `/${act}`}`, { method: act ? 'POST' : 'DELETE' })
    }
    await env.DB.prepare('DELETE FROM customer_api_keys').run()
    await env.DB.prepare('DELETE FROM customers WHERE id = 1').run()
    const counted = await env.DB.prepare(
      'SELECT status, count(*) AS total FROM customers GROUP BY status ORDER BY status',
    ).all()
    expect(await database().select().from(customerTotals).orderBy(customerTotals.status)).toEqual(
      counted.results,
    )
  })
})

describe('who may', () => {
  test.each(ROLES)('a %s finds and sees every customer, in a session and with a key', async (role) => {
    const [one, other] = [await makeCustomer(), await makeCustomer()]
    const staff = await loggedIn(role)
    for (const call of [staff.call, await keyCaller(staff, { scopes: ['customers:read'] })]) {
      expect.soft(uidsOf(await call(PATH))).toEqual([one.uid, other.uid])
      expect.soft((await call(`${PATH}/${other.uid}`)).json.data.customer_uid).toBe(other.uid)
    }
    const call = await keyCaller(staff, { scopes: ['customers:read'], customers: [other.uid] })
    expect(uidsOf(await call(PATH))).toEqual([other.uid])
    expect(await call(`${PATH}/${one.uid}`)).toMatchObject({
      status: 404,
      json: { code: 'customer_unknown' },
    })
  })

  test('a key with customers:manage and customers:keys does all that a session does', async () => {
    const key = await withKey({ scopes: ['customers:manage', 'customers:keys'] })
    const created = await key(PATH, { body: ADA })
    expect(created.status).toBe(201)
    const path = `${PATH}/${created.json.data.customer_uid}`
    expect((await key(path, { method: 'PATCH', body: { group: 'Gold' } })).status).toBe(200)
    expect((await key(`${path}/api_keys`, { body: { name: 'Key' } })).status).toBe(201)
    expect((await key(path, { method: 'DELETE' })).status).toBe(200)
    expect((await recordsOf([created])).at(-1)).toMatchObject({
      api_key_id: expect.stringMatching(/^key_/),
      admin_id: admin.adminId,
    })
  })

  test('a key that is limited to some customers sees and changes those, and makes none', async () => {
    const [mine, other] = [await makeCustomer(), await makeCustomer()]
    const key = await withKey({ scopes: ['customers:manage', 'customers:keys'], customers: [mine.uid] })
    expect(uidsOf(await key(PATH))).toEqual([mine.uid])
    expect((await key(PATH)).json.meta.total).toBe(1)
    expect(uidsOf(await key(`${PATH}?search=${other.uid}`))).toEqual([])
    expect((await key(`${PATH}/${mine.uid}`)).status).toBe(200)
    expect((await key(`${PATH}/${mine.uid}/suspend`, { method: 'POST' })).status).toBe(200)

    const before = await database().select().from(customers)
    const created = await key(PATH, { body: ADA })
    expect(created).toMatchObject({ status: 403, json: { code: 'scope_insufficient' } })
    expect((await recordsOf([created])).at(-1)).toMatchObject({ result: 'refused', status: 403 })
    const calls: Parameters<Caller>[] = [
      ['', {}],
      ['', { method: 'PUT', body: ADA }],
      ['', { method: 'PATCH', body: {} }],
      ['', { method: 'DELETE' }],
      ['/suspend', { method: 'POST' }],
      ['/activate', { method: 'POST' }],
      ['/api_keys', { body: { name: 'Key' } }],
    ]
    for (const [suffix, options] of calls) {
      const [theirs, nobodys] = [
        await key(`${PATH}/${other.uid}${suffix}`, options),
        await key(`${PATH}/${UNKNOWN_UID}${suffix}`, options),
      ]
      for (const answer of [theirs, nobodys])
        expect
          .soft(answer, `${options?.method ?? 'GET'} ${suffix}`)
          .toMatchObject({ status: 404, json: { code: 'customer_unknown' } })
    }
    expect(await database().select().from(customers)).toEqual(before)
  })
})
