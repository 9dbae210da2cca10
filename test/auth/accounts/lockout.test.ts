import { createScheduledController } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { mirrorLock } from '../../../src/auth/accounts/lockout.ts'
import * as argon2id from '../../../src/crypto/argon2id.ts'
import { loginTokens } from '../../../src/db/schema/factors.ts'
import { adminSessions, admins, loginFailures, unlockTokens } from '../../../src/db/schema/staff.ts'
import type { Env } from '../../../src/env.ts'
import worker from '../../../src/index.ts'
import { failing, fetchWith, interceptedDatabase } from '../../support/bindings/bindings.ts'
import { countedBindings } from '../../support/bindings/counted-bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo, mailTo, tokenIn } from '../../support/bindings/mail.ts'
import { type Answer, type Caller, type CallOptions, signedCaller } from '../../support/calls/http.ts'
import { cheapHash, database, makeAdmin, makeClient, PASSWORD } from '../../support/factories.ts'
import { MINUTE_MS } from '../../support/times.ts'
import { recordsOf } from '../../support/trail/audit.ts'

// Counts what is hashed, and hashes it.
const hashing = vi.spyOn(argon2id, 'argon2idHash')
afterAll(() => hashing.mockRestore())

const CHEAP = cheapHash(PASSWORD)

const hashesDone = () => hashing.mock.calls.length

/** What is different from the deployed service, where something is. */
let bindings: Partial<Env>
let now: number
let client: Caller

beforeEach(async () => {
  bindings = {}
  now = Date.now()
  client = signedCaller(await makeClient())
})

const login = (email: string, password: string, options: CallOptions = {}): Promise<Answer> =>
  client('/admin/login', {
    body: { email, password },
    via: (request) => fetchWith(bindings, request, () => now),
    ...options,
  })

async function failTimes(count: number, email: string): Promise<Answer[]> {
  const answers: Answer[] = []
  for (let i = 0; i < count; i++) answers.push(await login(email, `wrong ${i}`))
  return answers
}

const isLocked = ({ json }: Answer) => json.locked as boolean

describe('five failures within fifteen minutes', () => {
  test('lock the account for an hour, from the fifth on, also for the right password', async () => {
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    const failed = await failTimes(6, email)
    expect(failed.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401, 401])
    expect(failed.map(isLocked)).toEqual([false, false, false, false, true, true])
    expect(failed.map(({ headers }) => headers.get('Retry-After'))).toEqual([
      ...[null, null, null, null],
      ...['3600', '3600'],
    ])
    now += 30 * MINUTE_MS
    const right = await login(email, PASSWORD)
    expect(right).toMatchObject({ status: 401, json: { message: 'Invalid login details', locked: true } })
    expect(right.headers.get('Retry-After')).toBe('1800')
    now += 30 * MINUTE_MS
    expect(await login(email, PASSWORD)).toMatchObject({
      status: 200,
      json: { data: { admin: { locked: false } } },
    })
  })

  test('look the same for an email that nobody has', async () => {
    bindings = { LOCKOUT_THRESHOLD: '2' }
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    const seen = async (address: string) => {
      const answers = await failTimes(3, address)
      return answers.map(({ status, headers, json: { request_id: _, ...body } }) => {
        const visible = [...headers].filter(([name]) => !['x-request-id', 'x-audit-id'].includes(name))
        return { status, body, visible }
      })
    }
    const known = await seen(email)
    expect(known.map(({ body }) => body.locked)).toEqual([false, true, true])
    expect(await seen('nobody@example.com')).toEqual(known)
  })

  test('are counted at any moment, not from the first one', async () => {
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(1, email)
    now += 14 * MINUTE_MS
    await failTimes(3, email)
    now += MINUTE_MS
    expect((await failTimes(2, email)).map(isLocked)).toEqual([false, true])
  })

  test('have to be that close together', async () => {
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(4, email)
    now += 15 * MINUTE_MS
    expect((await failTimes(4, email)).map(isLocked)).toEqual([false, false, false, false])
  })

  test('have to be in a row: a right password starts the count anew, and rehashes at today’s cost', async () => {
    const { email, adminId } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(4, email)
    expect((await login(email.toUpperCase(), PASSWORD)).status).toBe(200)
    const [account] = await database().select().from(admins).where(eq(admins.id, adminId))
    const ofAccount = eq(loginFailures.emailHash, account?.emailHash ?? '')
    expect(await database().select().from(loginFailures).where(ofAccount)).toEqual([])
    expect(account?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await database().update(admins).set({ passwordHash: CHEAP })
    expect((await failTimes(5, email)).map(isLocked)).toEqual([false, false, false, false, true])
  })

  test('count anew once a lock is over, however short it is', async () => {
    bindings = { LOCKOUT_SECONDS: '60' }
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(5, email)
    now += MINUTE_MS
    expect((await failTimes(5, email)).map(isLocked)).toEqual([false, false, false, false, true])
  })

  test('count together however the email is written', async () => {
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(4, email)
    expect(isLocked(await login(email.toUpperCase(), 'wrong'))).toBe(true)
  })
})

test('of 200 simultaneous wrong passwords five are compared, and the owner is told once', async () => {
  const { email } = await makeAdmin('admin', undefined, CHEAP)
  const before = hashesDone()
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => login(email, `wrong ${i}`)))
  expect(hashesDone() - before).toBe(5)
  // What finds no place to be hashed is not compared either, and says nothing of the account.
  const looked = answers.filter(({ status }) => status !== 429)
  expect(looked.every(({ status }) => status === 401)).toBe(true)
  expect(looked.filter((answer) => !isLocked(answer))).toHaveLength(4)
  expect(await mailsTo(email)).toHaveLength(1)
})

test('every failed login that comes to comparing costs one hash, whoever it is about', async () => {
  const { email } = await makeAdmin('admin', undefined, CHEAP)
  const disabled = await makeAdmin('admin', undefined, CHEAP)
  await database().update(admins).set({ disabledAt: now }).where(eq(admins.id, disabled.adminId))
  const hashes = async (address: string, password: string) => {
    const before = hashesDone()
    expect((await login(address, password)).status).toBe(401)
    return hashesDone() - before
  }
  expect(await hashes(email, 'wrong')).toBe(1)
  expect(await hashes('nobody@example.com', 'wrong')).toBe(1)
  expect(await hashes(disabled.email, 'wrong')).toBe(1)
  expect(await hashes(disabled.email, PASSWORD)).toBe(1)
})

describe('a locked account', () => {
  test('is refused from KV: D1 is asked for the client and nothing else, and it is on record whose it is', async () => {
    const { email, adminId } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(5, email)
    const { bindings: counted, counts } = countedBindings(env)
    // What D1 would say is not heard: there is nothing left of the lock in it.
    await database().delete(loginFailures)
    const refused = await login(email, PASSWORD, { via: (request) => fetchWith(counted, request, () => now) })
    expect(refused).toMatchObject({ status: 401, json: { locked: true } })
    expect(counts).toMatchObject({ kv: 1, d1: 1, queue: 1 })
    expect(await recordsOf([refused])).toMatchObject([
      { actor_type: 'anonymous', target_type: 'admin', target_id: `${adminId}`, result: 'refused' },
    ])
  })

  test.each([
    { name: 'cannot be read', method: 'get' as const, logs: '"kv":"lockout"' },
    { name: 'could not be written', method: 'put' as const, logs: '"locked_admin_id":' },
  ])('is refused by D1 where KV $name', async ({ method, logs }) => {
    expectLogged(logs)
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    bindings = { KEYS: failing(env.KEYS, method) }
    await failTimes(5, email)
    const before = hashesDone()
    expect(await login(email, PASSWORD)).toMatchObject({ status: 401, json: { locked: true } })
    expect(hashesDone()).toBe(before)
  })

  test('that another attempt unlocked in the meantime does not stay locked in KV', async () => {
    const { email, adminId } = await makeAdmin('admin', undefined, CHEAP)
    const [account] = await database().select().from(admins).where(eq(admins.id, adminId))
    const lock = { locked_until: now + 60 * MINUTE_MS, admin_id: adminId }
    const stores = { db: database(), kv: env.KEYS }
    expect(await mirrorLock(stores, account?.emailHash ?? '', lock, now)).toBe(false)
    expect((await env.KEYS.list()).keys).toEqual([])
    expect((await login(email, PASSWORD)).status).toBe(200)
  })
})

describe('the owner of an account that locks', () => {
  test('is mailed a link, whose token is stored as a hash only', async () => {
    const { email, adminId } = await makeAdmin('admin', undefined, CHEAP)
    await failTimes(5, email)
    const token = tokenIn(await mailTo(email))
    expect(token).toMatch(/^stw_unlock_\w{43}$/)
    const stored = await database().select().from(unlockTokens)
    expect(stored).toMatchObject([{ adminId, expiresAt: now + 60 * MINUTE_MS }])
    expect(JSON.stringify(stored)).not.toContain(token)
  })

  test('is told nothing if there is nobody, or nobody who could log in', async () => {
    bindings = { LOCKOUT_THRESHOLD: '1' }
    const { email, adminId } = await makeAdmin('admin', undefined, CHEAP)
    await database().update(admins).set({ disabledAt: now }).where(eq(admins.id, adminId))
    expect(isLocked(await login(email, 'wrong'))).toBe(true)
    expect(isLocked(await login('nobody@example.com', 'wrong'))).toBe(true)
    expect((await env.SENT_MAIL.listSent()).items).toEqual([])
    expect(await database().select().from(unlockTokens)).toEqual([])
  })

  test('makes no difference to the answer if the mail cannot be sent, and no link is left', async () => {
    expectLogged('"locked_admin_id":')
    bindings = {
      LOCKOUT_THRESHOLD: '1',
      EMAIL: failing(env.EMAIL, 'send'),
    }
    const { email } = await makeAdmin('admin', undefined, CHEAP)
    expect(await login(email, 'wrong')).toMatchObject({ status: 401, json: { locked: true } })
    expect(await database().select().from(unlockTokens)).toEqual([])
  })
})

test.each([
  ['disabled', { disabledAt: 1 }],
  ['given another password', { passwordHash: cheapHash('another password') }],
])('an account that is %s while its password is compared gets no session', async (_, change) => {
  const { email } = await makeAdmin('admin', undefined, CHEAP)
  let trips = 0
  const DB = interceptedDatabase(env.DB, () => {
    trips++
    // The third round trip is the one that opens the session.
    if (trips === 3) database().update(admins).set(change).execute()
  })
  bindings = { DB }
  expect(await login(email, PASSWORD)).toMatchObject({ status: 401, json: { locked: false } })
  expect(await database().select().from(adminSessions)).toEqual([])
})

describe('the brake', () => {
  const from = (ip: string) => ({ headers: { 'CF-Connecting-IP': ip, 'X-Forwarded-For': '203.0.113.9' } })

  test('lets 100 logins a minute through from one address, and throttles the rest', async () => {
    const [one, other] = [`2001:db8::${now.toString(16).slice(-4)}`, '2001:db8::1:1']
    // Without credentials they are refused before anything is compared.
    for (let i = 0; i < 100; i++) expect((await login('', '', from(one))).status).toBe(422)
    const throttled = await login('', '', from(one))
    expect(throttled).toMatchObject({ status: 429, json: { code: 'throttled' } })
    expect(throttled.headers.get('Retry-After')).toBe('60')
    expect((await login('', '', from(other))).status).toBe(422)
  })

  test('is no authority: without it logging in goes on', async () => {
    expectLogged('"binding":"LOGIN_RATE_LIMIT"')
    bindings = { LOGIN_RATE_LIMIT: failing(env.LOGIN_RATE_LIMIT, 'limit') }
    expect((await login('', '', from('192.0.2.1'))).status).toBe(422)
  })
})

test('the cron removes failures, links and login tokens that are over, and no others', async () => {
  const { adminId } = await makeAdmin('admin')
  const failure = (emailHash: string, expiresAt: number) => ({ emailHash, expiresAt, failedAt: '[]' })
  const link = (tokenHash: string, expiresAt: number) => ({ tokenHash, expiresAt, adminId })
  await database()
    .insert(loginFailures)
    .values([failure('old', now - 1), failure('new', now + MINUTE_MS)])
  await database()
    .insert(unlockTokens)
    .values([link('old', now - 1), link('new', now + MINUTE_MS)])
  await database()
    .insert(loginTokens)
    .values([link('old', now - 1), link('new', now + MINUTE_MS)].map((row) => ({ ...row, createdAt: 1 })))
  await worker.scheduled(createScheduledController(), env)
  expect(await database().select().from(loginFailures)).toMatchObject([{ emailHash: 'new' }])
  expect(await database().select().from(unlockTokens)).toMatchObject([{ tokenHash: 'new' }])
  expect(await database().select().from(loginTokens)).toMatchObject([{ tokenHash: 'new' }])
})
