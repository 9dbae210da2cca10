import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { customers } from '../../src/db/schema/customers.ts'
import { impersonationStops } from '../../src/db/schema/grants.ts'
import { adminApiKeys } from '../../src/db/schema/staff.ts'
import { call } from '../support/calls/http.ts'
import { database, makeAdmin, makeAdminKey, makeCustomer } from '../support/factories.ts'

test('of all that is against a request the first in the contract’s order is the answer', async () => {
  const owner = await makeAdmin('admin')
  const { id, key } = await makeAdminKey(owner, {
    scopes: ['customers:read'],
    customers: [(await makeCustomer()).uid],
    ipDeny: ['192.0.2.0/24'],
    requireReason: true,
  })
  const { uid } = await makeCustomer()
  const keyIs = (set: Partial<typeof adminApiKeys.$inferInsert>) => () =>
    database().update(adminApiKeys).set(set).where(eq(adminApiKeys.id, id))
  const customerIs = (set: Partial<typeof customers.$inferInsert>) => () =>
    database().update(customers).set(set).where(eq(customers.uid, uid))
  await customerIs({ status: 'inactive', supportAccess: 'closed' })()
  const stop = { id: 1, stoppedAt: 1, stoppedBy: owner.adminId, reason: 'A key was published' }
  await database().insert(impersonationStops).values(stop)

  const headers: Record<string, string> = {
    'X-ADMIN-API-KEY': key,
    'X-CUSTOMER-ID': uid,
    'X-API-KEY': 'stw_customer_',
    'CF-Connecting-IP': '192.0.2.1',
  }
  const request = { path: '/api_keys' }
  const reasonIs = (reason: string) => () => Object.assign(headers, { 'X-ADMIN-REASON': reason })
  const steps: { code: string | undefined; mend: () => unknown }[] = [
    { code: 'credentials_ambiguous', mend: () => Reflect.deleteProperty(headers, 'X-API-KEY') },
    { code: 'impersonation_stopped', mend: () => database().delete(impersonationStops) },
    { code: 'ip_refused', mend: keyIs({ ipDeny: [] }) },
    { code: 'reason_missing', mend: reasonIs('x'.repeat(501)) },
    { code: 'reason_invalid', mend: reasonIs('Ticket 4711') },
    { code: 'scope_insufficient', mend: keyIs({ scopes: ['customers:write'] }) },
    { code: 'own_key_required', mend: () => Object.assign(request, { path: '/lists' }) },
    { code: 'customer_unknown', mend: keyIs({ customers: null }) },
    { code: 'customer_inactive', mend: customerIs({ status: 'active' }) },
    { code: 'consent_required', mend: customerIs({ supportAccess: 'open' }) },
    { code: undefined, mend: () => undefined },
  ]
  const codes: unknown[] = []
  for (const { mend } of steps) {
    const { json } = await call(request.path, { body: { name: 'Newsletter' }, headers })
    codes.push(json.code)
    await mend()
  }
  expect(codes).toEqual(steps.map(({ code }) => code))
})
