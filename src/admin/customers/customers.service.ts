import { and, eq, type SQL, sql } from 'drizzle-orm'
import * as z from 'zod'
import type { Changed } from '../../audit/recording/changes.ts'
import type { Reach } from '../../auth/reach.ts'
import { once } from '../../base/once.ts'
import { randomUid } from '../../crypto/random.ts'
import { accountObject, presentAccount } from '../../customer/account/account.service.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers, SUPPORT_ACCESS } from '../../db/schema/customers.ts'
import { FIELD_TEXT, invalidField, orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { timeValue } from '../../http/fields/values.ts'

type Row = typeof customers.$inferSelect

/** The writable properties of a customer. Its status has routes of its own. */
export type CustomerInput = Pick<Row, 'email' | 'firstName' | 'lastName' | 'timezone' | 'group' | 'company'>

/** A customer as admins see it. */
export const customerObject = once(() =>
  accountObject()
    .extend({
      support_access: z
        .enum(SUPPORT_ACCESS)
        .meta({ description: 'Who of staff the customer lets in. Only the customer changes it.' }),
      purge_at: timeValue()
        .nullable()
        .meta({ examples: [null] }),
    })
    .meta({ id: 'Customer' }),
)
export type Customer = z.infer<ReturnType<typeof customerObject>>

/** How long a deleted customer can be restored. */
export const DELETE_AFTER_MS = 30 * 24 * 60 * 60 * 1000

/** @throws AppError invalid if another customer has this email */
export async function createCustomer(db: Database, input: CustomerInput, now: number): Promise<Customer> {
  const row = { ...input, uid: randomUid(), status: 'active' as const, createdAt: now, updatedAt: now }
  const { created } = await refuseTakenEmail(
    inOneTrip(db, { created: db.insert(customers).values(row).returning() }),
  )
  return presentCustomer(orUnknown(created[0], 'customer_unknown'))
}

/** @throws AppError customer_unknown */
export async function getCustomer(db: Database, reach: Reach, uid: string): Promise<Customer> {
  const [row] = await db.select().from(customers).where(isReachable(reach, uid))
  return presentCustomer(orUnknown(row, 'customer_unknown'))
}

/**
 * Sets the given properties and the given parts of the company.
 * @throws AppError customer_unknown, invalid if another customer has this email
 */
export async function updateCustomer(
  db: Database,
  reach: Reach,
  uid: string,
  { company, ...input }: Partial<CustomerInput>,
  now: number,
): Promise<Changed<Customer>> {
  const parts = sql`json_patch(coalesce(${customers.company}, '{}'), ${JSON.stringify(company)})`
  const changed = company ? { company: parts } : company === null ? { company } : {}
  const own = isReachable(reach, uid)
  const { before, after } = await refuseTakenEmail(
    inOneTrip(db, {
      before: db.select().from(customers).where(own),
      after: db
        .update(customers)
        .set({ ...input, ...changed, updatedAt: now })
        .where(own)
        .returning(),
    }),
  )
  return {
    before: presentCustomer(orUnknown(before[0], 'customer_unknown')),
    after: presentCustomer(orUnknown(after[0], 'customer_unknown')),
  }
}

/** The condition for a customer that is within the caller's reach. */
export const isReachable = (reach: Reach, uid: string) => and(eq(customers.uid, uid), isOneOf(reach))

/** The condition for customers that are within the caller's reach. */
export const isOneOf = ({ customers: uids }: Reach): SQL | undefined =>
  uids === null ? undefined : sql`${customers.uid} IN (SELECT value FROM json_each(${JSON.stringify(uids)}))`

/** Turns the violation of the unique index into `invalid`: only the index decides between two requests at once. */
async function refuseTakenEmail<Result>(change: PromiseLike<Result>): Promise<Result> {
  try {
    return await change
  } catch (error) {
    const taken = error instanceof Error && `${error.cause}`.includes('customers.email')
    throw taken ? invalidField('email', FIELD_TEXT.taken) : error
  }
}

export const presentCustomer = (row: Row): Customer => ({
  ...presentAccount(row),
  support_access: row.supportAccess,
  purge_at: timestamp(row.pendingDeleteAt === null ? null : row.pendingDeleteAt + DELETE_AFTER_MS),
})
