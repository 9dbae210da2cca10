import { eq } from 'drizzle-orm'
import type { Role } from '../../../src/auth/permissions.ts'
import { auditDeadLetters } from '../../../src/db/schema/audit.ts'
import { adminSessions } from '../../../src/db/schema/staff.ts'
import { database, lockAccount, makeAdmin, makeClient, makeSession } from '../factories.ts'
import { deliver, deliveriesOf, makeEvent } from '../trail/audit-queue.ts'
import type { CallerKind } from './fuzz-requests.ts'
import { checksum, customerWithCallers } from './http.ts'
import { filledPath } from './paths.ts'

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
  const byCaller: Record<CallerKind, (body?: string | Uint8Array) => Headers> = {
    nobody: () => ({}),
    staff: (body) => ({
      'SWI-CID': client.id,
      Authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'SWI-CS': checksum(client.secret, body) }),
    }),
    customer: () => ({ 'X-API-KEY': customer.key }),
    impersonator: () => ({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': customer.uid }),
  }
  const things = new Map([
    ...(await thingsOfCustomer(customer)),
    ...(await thingsOfAnybody()),
    ['/docs/:file', 'page.js'],
    ['/admin/customers/:uid', customer.uid],
    ['/admin/api_keys/:id', adminKey.id],
    ['/admin/sessions/:id', elsewhere],
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
    /** What exists for the last parameter of a path. */
    thing,
    /** The path of a route, about what there is. */
    path: (path: string) => filledPath(path, thing),
    /** What a caller sends along with a body. */
    headers: (caller: CallerKind, body?: string | Uint8Array) => byCaller[caller](body),
  }
}

export type World = Awaited<ReturnType<typeof makeWorld>>

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
    ['/admin/unlock/:id', account],
  ]
}
