import { createAdmin } from '../../admin/accounts/accounts.service.ts'
import { createApiKey } from '../../admin/api-keys/api-keys.service.ts'
import { createClient } from '../../admin/clients/clients.service.ts'
import { createCustomer } from '../../admin/customers/customers.service.ts'
import { hashPassword } from '../../auth/accounts/passwords.ts'
import { ownScope } from '../../auth/customer-scope.ts'
import { BASE62, randomString } from '../../crypto/random.ts'
import { issueCustomerKey } from '../../customer/account/new-api-key.ts'
import { createContact } from '../../customer/contacts/contacts.service.ts'
import { createList } from '../../customer/lists/lists.service.ts'
import { inOneTrip } from '../../db/batch.ts'
import { type Database, openDatabase } from '../../db/client.ts'
import { admins, clients } from '../../db/schema/staff.ts'
import type { Env } from '../../env.ts'
import { storesIn } from '../../http/stores.ts'

/** The credentials of the demo data; this is the shape of `.wrangler/demo.json`. */
export interface DemoData {
  client: { id: string; secret: string }
  super_admin: { email: string; password: string }
  admin_api_key: string
  customers: DemoCustomer[]
}

export interface DemoCustomer {
  uid: string
  name: string
  api_key: string
}

const CUSTOMERS = [
  {
    name: 'Acme Coffee',
    owner: {
      firstName: 'Wile',
      lastName: 'Coyote',
      email: 'owner@acme.example',
      timezone: 'America/Phoenix',
    },
    lists: ['Newsletter', 'Regulars'],
    contacts: [
      ['ada@example.com', 'Ada', 'Lovelace'],
      ['grace@example.com', 'Grace', 'Hopper'],
      ['alan@example.com', 'Alan', 'Turing'],
    ],
  },
  {
    name: 'Globex Travel',
    owner: {
      firstName: 'Hank',
      lastName: 'Scorpio',
      email: 'owner@globex.example',
      timezone: 'Europe/Berlin',
    },
    lists: ['City trips', 'Last minute'],
    contacts: [
      ['katherine@example.com', 'Katherine', 'Johnson'],
      ['edsger@example.com', 'Edsger', 'Dijkstra'],
    ],
  },
] as const

/** Returns whether the database is empty. */
export async function isEmpty(env: Env): Promise<boolean> {
  const db = openDatabase(env.DB)
  const { someAdmin, someClient } = await inOneTrip(db, {
    someAdmin: db.select({ id: admins.id }).from(admins).limit(1),
    someClient: db.select({ id: clients.id }).from(clients).limit(1),
  })
  return someAdmin.length + someClient.length === 0
}

/** Fills an empty database through the service's own functions. */
export async function seedDemoData(env: Env, now: number): Promise<DemoData> {
  const stores = storesIn(env)
  const { db } = stores
  const { id, secret } = await createClient(stores, { name: 'Demo client' }, now)
  const email = 'super@example.com'
  const password = randomString(BASE62, 24)
  const role = 'super_admin'
  const passwordHash = await hashPassword(password)
  const adminId = await createAdmin(db, { email, role, passwordHash }, now)
  const { key } = await createApiKey(stores, { adminId, role }, { name: 'Demo key' }, now)
  const customers: DemoCustomer[] = []
  for (const customer of CUSTOMERS) customers.push(await seedCustomer(db, customer, now))
  return { client: { id, secret }, super_admin: { email, password }, admin_api_key: key, customers }
}

async function seedCustomer(
  db: Database,
  { name, owner, lists, contacts }: (typeof CUSTOMERS)[number],
  now: number,
): Promise<DemoCustomer> {
  const input = { ...owner, group: null, company: { name } }
  const { customer_uid: uid } = await createCustomer(db, input, now)
  const scope = ownScope(db, uid)
  for (const list of lists) await createList(scope, { name: list, description: null }, now)
  for (const [email, firstName, lastName] of contacts)
    await createContact(scope, { email, firstName, lastName, phone: null, fields: {} }, now)
  return { uid, name, api_key: await issueCustomerKey(db, uid, 'Demo key', now) }
}
