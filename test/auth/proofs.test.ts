import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { customerApiKeys, customers } from '../../src/db/schema/customers.ts'
import { adminApiKeys, adminSessions, admins, clients } from '../../src/db/schema/staff.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { fetchWith, interceptedDatabase } from '../support/bindings/bindings.ts'
import { counted } from '../support/bindings/counted-bindings.ts'
import { browserCaller } from '../support/calls/browser.ts'
import { type Caller, callerWith, customerWithCallers, signedCaller } from '../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeClient, makeSession } from '../support/factories.ts'
import { storedRows } from '../support/stored.ts'
import { recordsOf } from '../support/trail/audit.ts'

/**
 * Changes by callers that the isolate knows: what it remembers of them is presumed, and proven in the transaction of the
 * change. So it must not matter what it remembers.
 */

interface Known {
  /** The caller, a change that it may make, and a read that makes it known. */
  call: Caller
  change: string
  read: string
}

let customerUid: string
let admin: { adminId: number; role: 'super_admin' }
let client: Awaited<ReturnType<typeof makeClient>>
let known: Record<'customer' | 'impersonator' | 'session' | 'browser' | 'script', Known>

beforeEach(async () => {
  const customer = await customerWithCallers()
  customerUid = customer.uid
  admin = { ...(await makeAdmin('super_admin')), role: 'super_admin' }
  const { key } = await makeAdminKey(admin, { scopes: ['customers:write', 'customers:manage'] })
  client = await makeClient()
  known = {
    customer: { call: customer.own, change: '/lists', read: '/lists' },
    impersonator: {
      call: callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': customerUid }),
      change: '/lists',
      read: '/lists',
    },
    session: {
      call: signedCaller(client, await makeSession(admin.adminId)),
      change: '/admin/clients',
      read: '/admin',
    },
    browser: {
      call: browserCaller(await makeSession(admin.adminId, 'browser')),
      change: '/admin/clients',
      read: '/admin',
    },
    script: {
      call: callerWith({ 'X-ADMIN-API-KEY': key }),
      change: `/admin/customers/${customerUid}/activate`,
      read: '/admin/customers',
    },
  }
  for (const { call, read } of Object.values(known)) expect((await call(read)).status).toBe(200)
})

const db = () => database()
const update = {
  admin: (set: Partial<typeof admins.$inferInsert>) =>
    db().update(admins).set(set).where(eq(admins.id, admin.adminId)),
  keys: (set: Partial<typeof adminApiKeys.$inferInsert>) =>
    db().update(adminApiKeys).set(set).where(eq(adminApiKeys.adminId, admin.adminId)),
  customer: (set: Partial<typeof customers.$inferInsert>) =>
    db().update(customers).set(set).where(eq(customers.uid, customerUid)),
  client: (set: Partial<typeof clients.$inferInsert>) =>
    db().update(clients).set(set).where(eq(clients.id, client.id)),
}

const change = ({ call, change: path }: Known, via?: (request: Request) => Promise<Response>) =>
  call(path, {
    method: 'POST',
    ...(!path.endsWith('activate') && { body: { name: 'New' } }),
    ...(via && { via }),
  })

const ENDS: {
  who: keyof typeof known
  end: string
  does: () => PromiseLike<unknown>
  status: number
  code: ErrorCode
}[] = [
  {
    who: 'customer',
    end: 'its key is revoked',
    does: () => db().update(customerApiKeys).set({ revokedAt: 1 }),
    status: 401,
    code: 'key_invalid',
  },
  {
    who: 'customer',
    end: 'the customer is suspended',
    does: () => update.customer({ status: 'inactive' }),
    status: 403,
    code: 'customer_inactive',
  },
  {
    who: 'impersonator',
    end: 'its key is revoked',
    does: () => update.keys({ revokedAt: 1 }),
    status: 401,
    code: 'key_invalid',
  },
  {
    who: 'impersonator',
    end: 'its key expires',
    does: () => update.keys({ expiresAt: Date.now() - 1 }),
    status: 401,
    code: 'key_invalid',
  },
  {
    who: 'impersonator',
    end: 'its owner is disabled',
    does: () => update.admin({ disabledAt: 1 }),
    status: 401,
    code: 'key_invalid',
  },
  {
    who: 'impersonator',
    end: 'its owner has another role',
    does: () => update.admin({ role: 'banking_operations' }),
    status: 403,
    code: 'scope_insufficient',
  },
  {
    who: 'impersonator',
    end: 'it may not act for this customer any more',
    does: () => update.keys({ customers: [] }),
    status: 404,
    code: 'customer_unknown',
  },
  {
    who: 'impersonator',
    end: 'its address is refused',
    does: () => update.keys({ ipAllow: ['203.0.113.0/24'] }),
    status: 403,
    code: 'ip_refused',
  },
  {
    who: 'impersonator',
    end: 'it needs a reason',
    does: () => update.keys({ requireReason: true }),
    status: 400,
    code: 'reason_missing',
  },
  {
    who: 'impersonator',
    end: 'the customer is suspended',
    does: () => update.customer({ status: 'inactive' }),
    status: 403,
    code: 'customer_inactive',
  },
  {
    who: 'session',
    end: 'it is over',
    does: () => db().delete(adminSessions).where(eq(adminSessions.adminId, admin.adminId)),
    status: 401,
    code: 'session_invalid',
  },
  {
    who: 'session',
    end: 'it was idle for too long',
    does: () => db().update(adminSessions).set({ lastSeenAt: 1 }),
    status: 401,
    code: 'session_invalid',
  },
  {
    who: 'session',
    end: 'its account is disabled',
    does: () => update.admin({ disabledAt: 1 }),
    status: 401,
    code: 'session_invalid',
  },
  {
    who: 'session',
    end: 'its account has another role',
    does: () => update.admin({ role: 'admin' }),
    status: 403,
    code: 'forbidden',
  },
  {
    who: 'session',
    end: 'its account owes another password',
    does: () => update.admin({ hasChangedPassword: false }),
    status: 403,
    code: 'password_change_required',
  },
  {
    who: 'session',
    end: 'its client is disabled',
    does: () => update.client({ disabledAt: 1 }),
    status: 401,
    code: 'client_unknown',
  },
  {
    who: 'session',
    end: 'its client has to sign otherwise',
    does: () => update.client({ requireBoundSignatures: true }),
    status: 401,
    code: 'checksum_mismatch',
  },
  {
    who: 'browser',
    end: 'its session is over',
    does: () => db().delete(adminSessions).where(eq(adminSessions.adminId, admin.adminId)),
    status: 401,
    code: 'session_invalid',
  },
  {
    who: 'browser',
    end: 'its account is disabled',
    does: () => update.admin({ disabledAt: 1 }),
    status: 401,
    code: 'session_invalid',
  },
  {
    who: 'browser',
    end: 'its account has another role',
    does: () => update.admin({ role: 'admin' }),
    status: 403,
    code: 'forbidden',
  },
  {
    who: 'script',
    end: 'its key is revoked',
    does: () => update.keys({ revokedAt: 1 }),
    status: 401,
    code: 'key_invalid',
  },
  {
    who: 'script',
    end: 'its scopes are less',
    does: () => update.keys({ scopes: ['customers:read'] }),
    status: 403,
    code: 'scope_insufficient',
  },
]

describe.each(ENDS)('a known $who changes nothing once $end', ({ who, does, status, code }) => {
  test('before the call', async () => {
    await does()
    const before = await storedRows()
    expect(await change(known[who])).toMatchObject({ status, json: { code } })
    expect(await storedRows()).toEqual(before)
  })

  test('while the call runs, right before its transaction', async () => {
    let before: unknown
    const DB = interceptedDatabase(env.DB, {
      before: async () => {
        if (before) return
        await does()
        before = await storedRows()
      },
    })
    const answer = await change(known[who], (request) => fetchWith({ DB }, request))
    expect(answer).toMatchObject({ status, json: { code } })
    expect(before).toBeDefined()
    expect(await storedRows()).toEqual(before)
    if (who === 'customer') return
    expect(await recordsOf([answer])).toMatchObject([
      { stage: 'received', admin_id: admin.adminId },
      { stage: 'completed', admin_id: admin.adminId, status, result: 'refused' },
    ])
  })
})

describe('a known caller that may still, although it is not quite what it was,', () => {
  test.each<{ who: keyof typeof known; what: string; does: () => PromiseLike<unknown>; trips: number }>([
    { who: 'session', what: 'logged in elsewhere', does: () => update.admin({ lastLoginAt: 5 }), trips: 3 },
    { who: 'browser', what: 'logged in elsewhere', does: () => update.admin({ lastLoginAt: 5 }), trips: 3 },
    { who: 'script', what: 'has a lower role', does: () => update.admin({ role: 'admin' }), trips: 3 },
    { who: 'impersonator', what: 'has a lower role', does: () => update.admin({ role: 'admin' }), trips: 3 },
    { who: 'impersonator', what: 'used its key', does: () => update.keys({ lastUsedAt: 5 }), trips: 1 },
    { who: 'customer', what: 'has another name', does: () => update.customer({ firstName: 'A' }), trips: 1 },
  ])('makes its change: a $who that $what, in $trips', async ({ who, does, trips }) => {
    await does()
    const { call, change: path } = known[who]
    const body = path.endsWith('activate') ? {} : { body: { name: 'New' } }
    const { status, counts, ...answer } = await counted(call, path, { method: 'POST', ...body })
    expect([status < 300, counts.d1]).toEqual([true, trips])
    if (who === 'customer') return
    const [{ role } = { role: '' }] = await db().select().from(admins).where(eq(admins.id, admin.adminId))
    expect((await recordsOf([{ status, ...answer }])).at(-1)).toMatchObject({ stage: 'completed', role })
  })
})

test.each([
  { who: 'impersonator' as const, end: () => update.keys({ revokedAt: 1 }) },
  { who: 'script' as const, end: () => update.keys({ revokedAt: 1 }) },
  { who: 'session' as const, end: () => update.admin({ disabledAt: 1 }) },
])('a known $who that has ended leaves one act on record, and then none: nobody is known', async (row) => {
  await row.end()
  const answers = [await change(known[row.who]), await change(known[row.who]), await change(known[row.who])]
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401])
  expect(answers.map(({ headers }) => headers.has('X-Audit-Id'))).toEqual([true, false, false])
})

test('a caller that was refused is let in by the next call, once it may', async () => {
  await update.keys({ scopes: ['customers:read'] })
  expect((await known.impersonator.call('/lists')).status).toBe(200)
  expect((await change(known.impersonator)).status).toBe(403)
  await update.keys({ scopes: ['customers:write'] })
  expect((await change(known.impersonator)).status).toBe(201)
})

test('a body that is invalid does not tell a caller that has ended more than that', async () => {
  await db().update(customerApiKeys).set({ revokedAt: 1 })
  const answer = await known.customer.call('/lists', { method: 'POST', body: { name: '' } })
  expect(answer).toMatchObject({ status: 401, json: { code: 'key_invalid' } })
})
