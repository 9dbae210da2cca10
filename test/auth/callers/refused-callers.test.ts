import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { expect, test } from 'vitest'
import { adminKeyName } from '../../../src/base/kv-names.ts'
import { sha256Hex } from '../../../src/crypto/digest.ts'
import { customerApiKeys, customers } from '../../../src/db/schema/customers.ts'
import { adminApiKeys, clients } from '../../../src/db/schema/staff.ts'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { type Caller, callerWith, customerWithCallers, signedCaller } from '../../support/calls/http.ts'
import { database, makeAdmin, makeClient, makeSession } from '../../support/factories.ts'

/** A caller who was let in before, and what takes that from it. */
const customerOnce = (change: (uid: string) => Promise<unknown>) => async () => {
  const { own, uid } = await customerWithCallers()
  return { caller: own, path: '/contacts?search=a', change: () => change(uid) }
}

const staffOnce = (change: (clientId: string) => Promise<unknown>) => async () => {
  const client = await makeClient()
  const { adminId } = await makeAdmin()
  const caller = signedCaller(client, await makeSession(adminId))
  return { caller, path: '/admin/audit', change: () => change(client.id) }
}

async function adminKeyOnce() {
  const { adminKey } = await customerWithCallers()
  const caller: Caller = callerWith({ 'X-ADMIN-API-KEY': adminKey.key })
  const change = async () => {
    await database().update(adminApiKeys).set({ revokedAt: 1 }).where(eq(adminApiKeys.id, adminKey.id))
    await env.KEYS.delete(adminKeyName(sha256Hex(adminKey.key)))
  }
  return { caller, path: '/admin/audit', change }
}

const setCustomer = (uid: string) =>
  database().update(customers).set({ status: 'inactive' }).where(eq(customers.uid, uid))
const revokeKeys = (uid: string) =>
  database().update(customerApiKeys).set({ revokedAt: 1 }).where(eq(customerApiKeys.customerUid, uid))
const disableClient = (id: string) =>
  database().update(clients).set({ disabledAt: 1 }).where(eq(clients.id, id))

test.each([
  ['a customer that is suspended', customerOnce(setCustomer), 403, { kv: 0, d1: 1 }],
  ['a customer whose key is revoked', customerOnce(revokeKeys), 401, { kv: 0, d1: 1 }],
  ['staff whose client is disabled', staffOnce(disableClient), 401, { kv: 0, d1: 1 }],
  ['an admin key that is revoked', adminKeyOnce, 401, { kv: 1, d1: 0 }],
])('%s is a stranger from its second refusal on', async (_, make, refusal, cost) => {
  const { caller, path, change } = await make()
  expect((await caller(path)).status).toBe(200)
  await change()
  expect((await caller(path)).status).toBe(refusal)
  const { status, counts } = await counted(caller, path)
  expect(status).toBe(refusal)
  expect(counts).toMatchObject(cost)
  expect(counts.rowsRead, 'who is calling, and nothing else').toBeLessThanOrEqual(5)
})
