import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import { emailHashOf } from '../../../src/auth/accounts/account.ts'
import { admins, loginFailures, totals } from '../../../src/db/schema/staff.ts'
import { cursorAfter } from '../../../src/http/pagination.ts'
import { failing, fetchWith } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo, mailTo, passwordIn } from '../../support/bindings/mail.ts'
import { type Answer, loggedIn, signedCaller } from '../../support/calls/http.ts'
import { cheapHash, database, makeAdmin, makeClient } from '../../support/factories.ts'
import { HOUR_MS } from '../../support/times.ts'
import { recordsOf, trail } from '../../support/trail/audit.ts'

const NEW = { email: 'Grace.Hopper@example.com', role: 'customer_success' }

const logIn = async (email: string, password: string, now = Date.now()): Promise<Answer> =>
  signedCaller(await makeClient())('/admin/login', {
    body: { email, password },
    via: (request) => fetchWith({}, request, () => now),
  })

describe('POST /admin/new', () => {
  test('creates an account, mails a password that works, and puts it on record', async () => {
    const { call, adminId: actorId } = await loggedIn()
    const created = await call('/admin/new', { body: NEW })
    expect(created).toMatchObject({
      status: 201,
      json: {
        message: 'Admin created successfully',
        data: {
          ...NEW,
          disabled: false,
          locked: false,
          has_changed_password: false,
          password_expired: false,
          second_factors: [],
          last_login_at: null,
        },
      },
    })
    const mail = await mailTo(NEW.email)
    expect(mail).toMatchObject({ subject: 'Your Steward account', to: [NEW.email] })
    const password = passwordIn(mail)
    expect(password).toMatch(/^([2-9a-hjkmnp-z]{7}-){3}[2-9a-hjkmnp-z]{7}$/)
    const login = await logIn(NEW.email.toLowerCase(), password)
    expect(login).toMatchObject({ status: 200, json: { data: { admin: { id: created.json.data.id } } } })

    const records = await recordsOf([created])
    expect(records).toMatchObject([
      { stage: 'received', admin_id: actorId, path: '/admin/new' },
      { stage: 'completed', target_type: 'admin', target_id: `${created.json.data.id}`, status: 201 },
    ])
    expect(JSON.stringify(await trail())).not.toContain(password)
    expect(JSON.stringify(await database().select().from(admins))).not.toContain(password)
  })

  test('the password expires after 72 hours, and until it is changed a session can do three things', async () => {
    const { call } = await loggedIn()
    const { id } = (await call('/admin/new', { body: { ...NEW, role: 'super_admin' } })).json.data
    const password = passwordIn(await mailTo(NEW.email))
    // Logging in with a real password takes half a second.
    await database()
      .update(admins)
      .set({ passwordHash: cheapHash(password) })
      .where(eq(admins.id, id))
    const almost = await logIn(NEW.email, password, Date.now() + 72 * HOUR_MS - 60_000)
    expect(almost.json.data.admin).toMatchObject({ has_changed_password: false, password_expired: false })
    await database()
      .update(admins)
      .set({ passwordHash: cheapHash(password) })
      .where(eq(admins.id, id))
    const after = await logIn(NEW.email, password, Date.now() + 72 * HOUR_MS + 60_000)
    expect(after.json.data.admin).toMatchObject({ has_changed_password: false, password_expired: true })

    const pending = signedCaller(await makeClient(), (await logIn(NEW.email, password)).json.data.auth_token)
    expect(await pending('/admin')).toMatchObject({ status: 200 })
    for (const [path, options] of [
      ['/admin/list', {}],
      [`/admin/${id}`, {}],
      ['/admin/sessions', {}],
      ['/admin/new', { body: NEW }],
      [`/admin/unlock/${id}`, { method: 'POST' }],
    ] as const) {
      const code = 'password_change_required'
      expect.soft(await pending(path, options), path).toMatchObject({ status: 403, json: { code } })
    }
    expect(await pending('/admin/update_password', { body: {} })).toMatchObject({ status: 422 })
    expect(await pending('/admin/logout', { method: 'POST' })).toMatchObject({ status: 200 })
  })

  const BLANK = "can't be blank"
  const TAKEN = 'has already been taken'
  const UNKNOWN_ROLE = 'is not included in the list'
  test.each([
    ['nothing', {}, { email: [BLANK], role: [BLANK] }],
    ['blank fields', { email: '', role: '' }, { email: [BLANK], role: [BLANK] }],
    ['nulls', { email: null, role: null }, { email: [BLANK], role: [BLANK] }],
    ['a taken email and no role', { email: 'taken@example.com' }, { email: [TAKEN], role: [BLANK] }],
    [
      'a taken email and an unknown role',
      { email: 'TAKEN@example.com', role: 'root' },
      { email: [TAKEN], role: [UNKNOWN_ROLE] },
    ],
    ['a taken email', { ...NEW, email: 'Taken@Example.com' }, { email: [TAKEN] }],
    ['no email at all', { ...NEW, email: 'grace' }, { email: ['is invalid'] }],
    ['two emails', { ...NEW, email: 'a@example.com, b@example.com' }, { email: ['is invalid'] }],
    ['a line break', { ...NEW, email: 'a@example.com\nBcc: b@example.com' }, { email: ['is invalid'] }],
    ['a NUL byte', { ...NEW, email: 'a\0@example.com' }, { email: ['is invalid'] }],
    ['wrong types', { email: ['a@example.com'], role: 1 }, { email: ['is invalid'], role: [UNKNOWN_ROLE] }],
    [
      'a long email',
      { ...NEW, email: `${'a'.repeat(250)}@example.com` },
      { email: [expect.stringMatching(/^is (invalid|too long)/)] },
    ],
  ])('%s is refused with all that is wrong, and nobody is mailed', async (_, body, errors) => {
    const { call } = await loggedIn()
    await makeAdmin('admin', 'taken@example.com')
    const answer = await call('/admin/new', { body })
    expect(answer).toMatchObject({ status: 422, json: { message: 'Error occurred creating admin', errors } })
    expect(Object.keys(answer.json.errors)).toEqual(Object.keys(errors))
    expect(await database().select().from(admins)).toHaveLength(2)
    expect((await env.SENT_MAIL.listSent()).items).toEqual([])
  })

  test('of creations of one email at once one succeeds, and its mail is the only one', async () => {
    const { call } = await loggedIn()
    const emails = [NEW.email, NEW.email.toLowerCase(), NEW.email.toUpperCase()]
    const answers = await Promise.all(emails.map((email) => call('/admin/new', { body: { ...NEW, email } })))
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 422, 422])
    const refused = answers.find(({ status }) => status === 422)
    expect(refused?.json).toMatchObject({
      message: 'Error occurred creating admin',
      errors: { email: [TAKEN] },
    })
    const email: string = answers.find(({ status }) => status === 201)?.json.data.email
    expect((await env.SENT_MAIL.listSent()).items).toHaveLength(1)
    expect((await logIn(email, passwordIn(await mailTo(email)))).status).toBe(200)
  })

  test('if the mail cannot be sent there is no account, and the email is free', async () => {
    expectLogged('mail_unavailable')
    const { call } = await loggedIn()
    const before = await database().select().from(admins)
    const answer = await call('/admin/new', {
      body: NEW,
      via: (request) => fetchWith({ EMAIL: failing(env.EMAIL, 'send') }, request),
    })
    expect(answer).toMatchObject({ status: 502, json: { code: 'mail_unavailable' } })
    expect(await database().select().from(admins)).toEqual(before)
    expect(await database().select().from(totals)).toMatchObject([{ rows: before.length }])
    expect(await call('/admin/new', { body: NEW })).toMatchObject({ status: 201 })
    expect(await mailsTo(NEW.email)).toHaveLength(1)
  })

  test('who guessed at the email before does not keep its owner out', async () => {
    const { call } = await loggedIn()
    const now = Date.now()
    const lockedUntil = now + HOUR_MS
    await database()
      .insert(loginFailures)
      .values({ emailHash: emailHashOf(NEW.email), lockedUntil, expiresAt: lockedUntil })
    await env.KEYS.put(`lockout:${emailHashOf(NEW.email)}`, JSON.stringify({ locked_until: lockedUntil }))
    expect((await logIn(NEW.email, 'x')).json.locked).toBe(true)
    const created = await call('/admin/new', { body: NEW, via: (request) => fetchWith({}, request) })
    expect(created.json.data.locked).toBe(false)
    expect((await logIn(NEW.email, passwordIn(await mailTo(NEW.email)))).status).toBe(200)
  })
})

describe('GET /admin/list', () => {
  /** Accounts with these emails, beside the one who asks. */
  async function staff(...emails: string[]) {
    const { call } = await loggedIn('banking_operations')
    for (const email of emails) await makeAdmin('admin', email)
    return call
  }
  const emailsOf = ({ json }: Answer): string[] => json.data.map(({ email }: { email: string }) => email)

  test('shows all by age, page by page and by cursor alike', async () => {
    const call = await staff('c@example.com', 'a@example.com', 'b@example.com')
    const all = await call('/admin/list')
    expect(all).toMatchObject({
      status: 200,
      json: {
        message: 'Admins retrieved successfully',
        meta: { page: 1, per_page: 20, total: 4, total_pages: 1, next_cursor: null },
      },
    })
    expect(emailsOf(all).slice(1)).toEqual(['c@example.com', 'a@example.com', 'b@example.com'])
    const first = await call('/admin/list?per_page=3')
    expect(emailsOf(first)).toEqual(emailsOf(all).slice(0, 3))
    const second = await call('/admin/list?per_page=3&page=2')
    const next = await call(`/admin/list?per_page=3&cursor=${first.json.meta.next_cursor}`)
    for (const rest of [second, next]) {
      expect(emailsOf(rest)).toEqual(['b@example.com'])
      expect(rest.json.meta).toMatchObject({ page: 2, total: 4, total_pages: 2, next_cursor: null })
    }
  })

  test('finds by the beginning of the email, in any case, by email', async () => {
    const call = await staff('grace@example.com', 'Gordon@example.com', 'ada@example.com', 'g_x@example.com')
    const found = await call('/admin/list?search_query=G&per_page=2')
    expect(emailsOf(found)).toEqual(['g_x@example.com', 'Gordon@example.com'])
    expect(found.json.meta).toMatchObject({ total: 3, total_pages: 2 })
    const rest = await call(
      `/admin/list?search_query=G&per_page=2&cursor=${encodeURIComponent(found.json.meta.next_cursor)}`,
    )
    expect(emailsOf(rest)).toEqual(['grace@example.com'])
    expect(emailsOf(await call('/admin/list?search_query=g_'))).toEqual(['g_x@example.com'])
    expect(emailsOf(await call('/admin/list?search_query=%25'))).toEqual([])
    expect(emailsOf(await call('/admin/list?search_query='))).toHaveLength(5)
  })

  const cursorOfOtherText = cursorAfter({ page: 1 }, ['', 0])
  test.each([
    'page=0',
    'page=1.5',
    'per_page=101',
    'per_page=x',
    'cursor=x',
    `search_query=zzz&cursor=${cursorOfOtherText}`,
    'search_query=%00',
  ])('%s is refused', async (parameters) => {
    const call = await staff()
    expect(await call(`/admin/list?${parameters}`)).toMatchObject({
      status: 422,
      json: { code: 'invalid' },
    })
  })

  test('reads no more rows for one of 10,000 accounts than for a page, in one round trip', async () => {
    const call = await staff()
    await env.DB.prepare(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO admins (email, email_hash, role, password_hash, has_changed_password, created_at)
       SELECT 'm' || i || '@example.com', 'hash' || i, 'admin', '', 1, 0 FROM n`,
    ).run()
    expect((await call('/admin')).status, 'from here on the session is known').toBe(200)
    const far = cursorAfter({ page: 40 }, ['m9000@example.com', 9_001])
    for (const { path, total, rows } of [
      { path: '/admin/list', total: 10_001, rows: 60 },
      { path: '/admin/list?search_query=m777', total: 11, rows: 60 },
      // A total is told up to 1,000.
      { path: '/admin/list?search_query=m', total: null, rows: 1_100 },
      { path: `/admin/list?search_query=m&cursor=${far}`, total: null, rows: 1_100 },
    ]) {
      const { bindings, counts } = countedBindings(env)
      const answer = await call(path, { via: (request) => fetchWith(bindings, request) })
      expect.soft(answer.json.data, path).toHaveLength(total === 11 ? 11 : 20)
      expect.soft(answer.json.meta.total, path).toBe(total)
      expect.soft(counts, path).toMatchObject({ kv: 0, d1: 1, queue: 0 })
      expect.soft(counts.rowsRead, path).toBeLessThanOrEqual(rows)
    }
  })
})
