import { and, eq, exists, lte, sql } from 'drizzle-orm'
import type { Database } from '../../db/client.ts'
import { type OwnedTable, ownedTables } from '../../db/owned-tables.ts'
import { customers } from '../../db/schema/customers.ts'
import type { Clock } from '../../env.ts'
import { DELETE_AFTER_MS } from './customers.service.ts'

/**
 * Rows that one statement deletes. D1 runs one statement at a time, for 30 seconds at most
 * (https://developers.cloudflare.com/d1/platform/limits/): a large customer must not keep everybody else waiting.
 */
const ROWS_PER_STEP = 5_000

/** Steps of one run: up to a million rows. The next run goes on from there. */
const STEPS_PER_RUN = 200

/**
 * Deletes the customers that are due, with all their rows. Each step is a transaction of its own, so the next run
 * continues a run that was cut off. The audit trail keeps its entries.
 */
export async function purgeDeletedCustomers(db: Database, now: Clock): Promise<void> {
  let steps = 0
  for (;;) {
    const [due] = await db.select({ uid: customers.uid }).from(customers).where(isDue(now())).limit(1)
    if (!due) return
    for (const owned of ownedTables()) {
      for (let isEmpty = false; !isEmpty; steps++) {
        if (steps === STEPS_PER_RUN) return
        const [, left] = await db.batch(purgeStep(db, owned, due.uid, now()))
        isEmpty = left.length === 0
      }
    }
    await db.delete(customers).where(and(eq(customers.uid, due.uid), isDue(now())))
  }
}

const isDue = (now: number) =>
  and(eq(customers.status, 'pending_delete'), lte(customers.pendingDeleteAt, now - DELETE_AFTER_MS))

function purgeStep(db: Database, { table, customerUid, key }: OwnedTable, uid: string, now: number) {
  const stillDue = db
    .select({ uid: customers.uid })
    .from(customers)
    .where(and(eq(customers.uid, uid), isDue(now)))
  const next = sql`SELECT ${key} FROM ${table} WHERE ${eq(customerUid, uid)} LIMIT ${ROWS_PER_STEP}`
  return [
    db.delete(table).where(and(sql`(${key}) IN (${next})`, exists(stillDue))),
    db.select({ uid: customerUid }).from(table).where(eq(customerUid, uid)).limit(1),
  ] as const
}
