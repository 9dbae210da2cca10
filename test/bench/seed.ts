import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { createAdmin } from '../../src/admin/accounts/accounts.service.ts'
import { createApiKey } from '../../src/admin/api-keys/api-keys.service.ts'
import { createClient } from '../../src/admin/clients/clients.service.ts'
import { createCustomer } from '../../src/admin/customers/customers.service.ts'
import { newSession } from '../../src/auth/callers/session.ts'
import { SealingKeys } from '../../src/crypto/sealed-secret.ts'
import { issueCustomerKey } from '../../src/customer/account/new-api-key.ts'
import { type Database, openDatabase } from '../../src/db/client.ts'
import { adminSessions } from '../../src/db/schema/staff.ts'
import type { Env } from '../../src/env.ts'
import { TEST_SECRETS } from '../support/secrets.ts'
import type { Running } from './workers.ts'

const ADMINS = 10_000
const CUSTOMERS = 1_000
const LISTS_EACH = 20

/** The start of a statement: a table `numbers` whose `n` is each whole number from 1 to `count`. */
const numbersTo = (count: number) =>
  `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})`

/** Fills the bare Worker's one table. */
export async function seedBare({ miniflare }: Running) {
  const d1 = await miniflare.getD1Database('DB')
  await d1.batch([
    d1.prepare(
      `CREATE TABLE bare_lists (id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, customer_uid TEXT NOT NULL,
        name TEXT NOT NULL, created_at INTEGER NOT NULL)`,
    ),
    d1.prepare('CREATE INDEX bare_lists_customer ON bare_lists (customer_uid)'),
    d1.prepare(
      `${numbersTo(CUSTOMERS * LISTS_EACH)} INSERT INTO bare_lists (uid, customer_uid, name, created_at)
       SELECT lower(hex(randomblob(16))), 'customer-' || (n % ${CUSTOMERS}), 'List ' || n, unixepoch() FROM numbers`,
    ),
  ])
}

/** Fills the service's stores and gives what the requests of the benchmark carry. */
export async function seedService({ miniflare }: Running) {
  const d1 = (await miniflare.getD1Database('DB')) as unknown as D1Database
  await migrate(d1)
  const db = openDatabase(d1)
  const kv = (await miniflare.getKVNamespace('KEYS')) as unknown as Env['KEYS']
  const now = Date.now()

  const client = await createClient(
    { db, sealingKeys: new SealingKeys(TEST_SECRETS.CLIENT_SECRETS_KEYS) },
    { name: 'Benchmark' },
    now,
  )
  const account = { email: 'bench@example.com', role: 'super_admin', passwordHash: '' } as const
  const adminId = await createAdmin(db, account, now)
  const { token, row } = newSession(adminId, now, 'client')
  await db.insert(adminSessions).values(row)
  const adminKey = await createApiKey(
    { db, kv },
    { adminId, role: 'super_admin' },
    { name: 'Benchmark' },
    now,
  )
  const [reader, writer] = [await newCustomer(db, 'reader', now), await newCustomer(db, 'writer', now)]
  await fill(d1, now)

  const impersonating = (uid: string) => ({ 'X-ADMIN-API-KEY': adminKey.key, 'X-CUSTOMER-ID': uid })
  return {
    client,
    staff: { 'SWI-CID': client.id, Authorization: `Bearer ${token}` },
    reader: { 'X-API-KEY': reader.key },
    writer: { 'X-API-KEY': writer.key },
    asReader: impersonating(reader.uid),
    asWriter: impersonating(writer.uid),
  }
}

async function newCustomer(db: Database, name: string, now: number) {
  const names = { firstName: name, lastName: 'Benchmark', email: `${name}@example.com` }
  const customer = await createCustomer(db, { ...names, timezone: 'UTC', group: null, company: null }, now)
  const uid = customer.customer_uid
  return { uid, key: await issueCustomerKey(db, uid, 'Benchmark', now) }
}

async function migrate(d1: D1Database) {
  const folder = resolve(import.meta.dirname, '../../migrations')
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'))
  for (const name of files.sort()) {
    const statements = readFileSync(resolve(folder, name), 'utf8').split('--> statement-breakpoint')
    await d1.batch(statements.map((sql) => d1.prepare(sql)))
  }
}

/** What the service holds beside: other admins, other customers, and lists of each. */
async function fill(d1: D1Database, now: number) {
  await copyRow(d1, 'admins', ADMINS - 1, {
    email: "'admin-' || n || '@example.com'",
    email_hash: 'lower(hex(randomblob(32)))',
    role: "'customer_success'",
  })
  await copyRow(d1, 'customers', CUSTOMERS - 2, {
    uid: "printf('benchcust%04d', n)",
    email: "'customer-' || n || '@example.com'",
  })
  await d1
    .prepare(
      `INSERT INTO lists (uid, customer_uid, name, created_at, updated_at)
       SELECT substr(lower(hex(randomblob(7))), 1, 13), uid, 'List ' || value, ?1, ?1 FROM customers, json_each(?2)`,
    )
    .bind(now, JSON.stringify([...Array(LISTS_EACH).keys()]))
    .run()
}

/** Copies a table's first row `count` times; `changes` are what each copy, number `n`, has of its own. */
async function copyRow(d1: D1Database, table: string, count: number, changes: Record<string, string>) {
  const { results } = await d1.prepare(`PRAGMA table_info(${table})`).all<{ name: string }>()
  const copied = results.filter(({ name }) => name !== 'id')
  const columns = copied.map(({ name }) => `"${name}"`)
  const values = copied.map(({ name }) => changes[name] ?? `first."${name}"`)
  await d1
    .prepare(
      `${numbersTo(count)} INSERT INTO ${table} (${columns})
       SELECT ${values} FROM numbers, (SELECT * FROM ${table} ORDER BY id LIMIT 1) AS first`,
    )
    .run()
}
