import { eq } from 'drizzle-orm'
import { customers, type SupportAccess } from '../../../src/db/schema/customers.ts'
import { fetchWith } from '../bindings/bindings.ts'
import { database } from '../factories.ts'
import { type Caller, callerWith } from './http.ts'

/** What somebody asks for, as the body of the request. */
export const ask = (uid: string, more: Record<string, unknown> = {}) => ({
  customer_uid: uid,
  reason: 'Ticket 4711',
  ...more,
})

/** Has somebody ask for access that begins at once. Returns the grant, and the way to call with its key. */
export async function granted(staff: Caller, uid: string, more: Record<string, unknown> = {}) {
  const { status, text, json } = await staff('/admin/access_grants', { body: ask(uid, more) })
  if (status !== 201 || !json.data.key) throw new Error(`access did not begin: ${status} ${text}`)
  const { key, ...grant } = json.data
  return { grant, key: key as string, call: withKey(key, uid) }
}

/** Calls with an admin key on behalf of a customer. */
export const withKey = (key: string, uid: string) =>
  callerWith({ 'X-ADMIN-API-KEY': key, 'X-CUSTOMER-ID': uid })

/** Calls at a moment of its own, on bindings of its own. */
export const at =
  (caller: Caller, now: number, bindings: Partial<Cloudflare.Env> = {}): Caller =>
  (path, options) =>
    caller(path, { ...options, via: (request) => fetchWith(bindings, request, () => now) })

/** Calls where access grants wait for a colleague. */
export const withApproval =
  (caller: Caller, approval: 'write' | 'all' = 'all'): Caller =>
  (path, options) =>
    caller(path, {
      ...options,
      via: (request) => fetchWith({ GRANT_APPROVAL: approval } as object, request),
    })

/** Sets what a customer lets staff do. */
export const setPolicy = (uid: string, supportAccess: SupportAccess) =>
  database().update(customers).set({ supportAccess }).where(eq(customers.uid, uid))
