import { eq } from 'drizzle-orm'
import { createRequest } from '../../../src/admin/account-requests/account-requests.service.ts'
import { suspendCustomer } from '../../../src/admin/customers/customer-lifecycle.service.ts'
import type { Role } from '../../../src/auth/permissions.ts'
import { toBase64Url } from '../../../src/base/encoding.ts'
import { randomUid } from '../../../src/crypto/random.ts'
import { auditDeadLetters } from '../../../src/db/schema/audit.ts'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import {
  database,
  lockAccount,
  makeAdmin,
  makeClient,
  makeCustomer,
  makeGrant,
  makeSession,
} from '../factories.ts'
import { makeFactors } from '../factors/factors.ts'
import { deliver, deliveriesOf, makeEvent } from '../trail/audit-queue.ts'
import { COOKIE, OWN_PAGE } from './browser.ts'
import type { CallerKind } from './fuzz-requests.ts'
import { call, checksum, customerWithCallers } from './http.ts'
import { filledPath, parametersOf, withoutPatterns } from './paths.ts'

type Headers = Record<string, string>

/** How many events have been made up: each act has an id of its own. */
let acts = 1_000_000

/**
 * One of everything, for requests to be about, and the headers of everyone who may call. What people have of their own
 * is that of `admin`, who has the role. It is made anew, beside what there is.
 */
export async function makeWorld(role: Role = 'super_admin') {
  const customer = await customerWithCallers(role)
  const { admin, adminKey } = customer
  const client = await makeClient()
  const elsewhere = await ownSession(admin.adminId)
  const token = await makeSession(admin.adminId)
  const cookie = await makeSession(admin.adminId, 'browser')
  const factors = await makeFactors(admin.adminId)
  const byCaller: Record<CallerKind, (body?: string | Uint8Array) => Headers> = {
    nobody: () => ({}),
    staff: (body) => ({
      'SWI-CID': client.id,
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'SWI-CS': checksum(client.secret, body) }),
    }),
    browser: () => ({ ...OWN_PAGE, Cookie: `${COOKIE}=${cookie}` }),
    customer: () => ({ 'X-API-KEY': customer.key }),
    impersonator: () => ({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': customer.uid }),
  }
  const things = new Map([
    ...(await thingsOfCustomer(customer)),
    ...(await thingsOfAnybody()),
    ...(await accountRequests()),
    ...(await grantsOn(customer)),
    ...(await consentOf(customer.uid)),
    ['/docs/:file', 'page.js'],
    ['/console/files/:file', await scriptOfConsole()],
    ['/admin/customers/:uid', customer.uid],
    ['/admin/api_keys/:id', adminKey.id],
    ['/admin/sessions/:id', elsewhere],
    ['/admin/passkeys/:id', toBase64Url(factors.authenticator.id)],
  ])
  const thing = (parameter: string): string => {
    const id = things.get(parameter)
    if (id === undefined)
      throw new Error(
        `test/support/calls/world.ts makes nothing for ${parameter} (see docs/add-a-resource.md)`,
      )
    return id
  }
  return {
    ...customer,
    client,
    /** The tokens of the sessions that its admin calls in. */
    tokens: { client: token, browser: cookie },
    ...factors,
    /** What exists for the last parameter of a path. */
    thing,
    /** The path of a route, about what there is, which for some routes is a thing of their own. */
    path: (path: string, method = 'GET') => {
      const [whole, last] = [withoutPatterns(path), parametersOf(path).length - 1]
      const own = things.get(`${method} ${whole}`) ?? things.get(whole)
      return filledPath(path, (parameter, i) => (i === last && own) || thing(parameter))
    },
    /** What a caller sends along with a body. */
    headers: (caller: CallerKind, body?: string | Uint8Array) => byCaller[caller](body),
  }
}

export type World = Awaited<ReturnType<typeof makeWorld>>

/** The name of a file says what is in it: the page knows it. */
async function scriptOfConsole(): Promise<string> {
  const { text } = await call('/console')
  return /files\/([\w-]+\.js)/.exec(text)?.[1] ?? ''
}

async function ownSession(adminId: number): Promise<string> {
  await makeSession(adminId)
  const sessions = await database().select().from(adminSessions).where(eq(adminSessions.adminId, adminId))
  return sessions[0]?.id ?? ''
}

/** A list with one of two contacts in it, an API key, and an act on record. */
async function thingsOfCustomer({
  uid,
  own,
}: Awaited<ReturnType<typeof customerWithCallers>>): Promise<[string, string][]> {
  const { list } = (await own('/lists', { body: { name: 'Newsletter' } })).json
  const { contact } = (await own(`/lists/${list.uid}/contacts`, { body: { email: 'ada@example.com' } })).json
  await own('/contacts', { body: { email: 'bob@example.com' } })
  const [key] = (await own('/api_keys')).json.api_keys
  const act = makeEvent(++acts, { customer_uid: uid })
  await deliver(deliveriesOf([act]))
  return [
    ['/lists/:uid', list.uid],
    ['/lists/:uid/contacts/:contact_uid', contact.uid],
    ['/contacts/:uid', contact.uid],
    ['/api_keys/:id', key.id],
    ['/admin/audit/:id', act.id],
  ]
}

/** Access grants: one's own, which has begun, and a colleague's that wait for a decision, and for a review. */
async function grantsOn({
  uid: customerUid,
  admin,
}: Awaited<ReturnType<typeof customerWithCallers>>): Promise<[string, string][]> {
  const { adminId } = await makeAdmin('super_admin')
  const own = await makeGrant({ adminId: admin.adminId, customerUid, mode: 'write' })
  const pending = await makeGrant({ adminId, customerUid, needsColleague: true })
  return [
    ['/admin/access_grants/:id', own],
    ['/admin/access_grants/:id/approve', pending],
    ['/admin/access_grants/:id/decline', pending],
    ['/admin/access_grants/:id/review', await makeGrant({ adminId, customerUid, breakGlass: true })],
  ]
}

/** Access that waits for a customer, and access that is going on, by the uids that it knows them by. */
async function consentOf(customerUid: string): Promise<[string, string][]> {
  const { adminId } = await makeAdmin('customer_success')
  const [waiting, current] = [randomUid(), randomUid()]
  await makeGrant({ adminId, customerUid, uid: waiting, needsCustomer: true })
  await makeGrant({ adminId, customerUid, uid: current })
  return [
    ['/access_requests/:uid', waiting],
    ['/access_grants/:uid', current],
  ]
}

/** What staff have in common: a client that is not the one they call by, a locked account, a dead letter. */
async function thingsOfAnybody(): Promise<[string, string][]> {
  const other = await makeAdmin('admin')
  await lockAccount(other.email)
  const account = `${other.adminId}`
  const lost = makeEvent(++acts)
  await deliver(deliveriesOf([lost]), {}, 'steward-audit-dlq')
  const letters = await database()
    .select()
    .from(auditDeadLetters)
    .where(eq(auditDeadLetters.eventId, lost.id))
  return [
    ['/admin/clients/:id', (await makeClient()).id],
    ['/admin/audit/dead_letters/:id', letters[0]?.id ?? ''],
    ['/admin/:id', account],
    ['/admin/disable/:id', account],
    ['/admin/enable/:id', account],
    ['/admin/role/:id', account],
    ['/admin/revoke_credentials/:id', account],
    ['/admin/reset_password/:id', account],
    ['/admin/reset_second_factor/:id', account],
    ['/admin/unlock/:id', account],
  ]
}

/** A pending request of each kind, and a disabled customer that nobody wants to have enabled yet. */
async function accountRequests(): Promise<[string, string][]> {
  const asking = await makeAdmin('customer_success')
  const suspected = await makeCustomer()
  const [cleared, disabled] = [await makeCustomer(), await makeCustomer()]
  for (const { uid } of [cleared, disabled])
    await suspendCustomer(database(), { owner: null, toldOf: null, customers: null }, uid, Date.now())
  const ask = (kind: 'disable' | 'enable', customerUid: string) =>
    createRequest(database(), asking, { kind, customerUid, reason: 'Ticket 4711' }, Date.now())
  const disable = `${(await ask('disable', suspected.uid)).id}`
  const enable = `${(await ask('enable', cleared.uid)).id}`
  return [
    ['/admin/disable_requests/:id', disable],
    ['/admin/disable_requests/approve/:id', disable],
    ['/admin/disable_requests/decline/:id', disable],
    ['/admin/enable_requests/:id', enable],
    ['/admin/enable_requests/approve/:id', enable],
    ['/admin/enable_requests/decline/:id', enable],
    ['POST /admin/enable_requests/:id', disabled.uid],
  ]
}
