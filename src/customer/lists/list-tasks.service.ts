import { and, asc, desc, eq, exists, isNotNull, isNull, not, notExists, or, type SQL, sql } from 'drizzle-orm'
import { alias } from 'drizzle-orm/sqlite-core'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { randomUid } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { lists, listTasks, members } from '../../db/schema/lists.ts'
import type { Clock } from '../../env.ts'
import { orUnknown } from '../../errors.ts'
import { logFailure } from '../../log.ts'
import { type List, ownList, presentList, selectList } from './lists.service.ts'

/**
 * Members that one statement copies or deletes. D1 runs one statement at a time, for 30 seconds at most
 * (https://developers.cloudflare.com/d1/platform/limits/): a large list must not keep everybody else waiting.
 */
export const MEMBERS_PER_STEP = 5_000

/** Steps of one run: a million members. The next run of the cron goes on from there. */
const STEPS_PER_RUN = 200

const COPY_SUFFIX = ' (copy)'

/**
 * Copies a list and its members. A copy with more members than one step copies is not `complete` yet: `runListTasks`
 * does the rest.
 * @throws AppError list_unknown
 */
export async function copyList(
  scope: CustomerScope,
  listUid: string,
  name: string | null | undefined,
  now: number,
): Promise<{ list: List; complete: boolean }> {
  const { db } = scope
  const copyUid = randomUid()
  const copyId = sql`(SELECT id FROM lists WHERE uid = ${copyUid})`
  const copyName = sql`coalesce(${name ?? null}, substr(name, 1, ${255 - COPY_SUFFIX.length}) || ${COPY_SUFFIX})`
  const source = sql`FROM lists WHERE ${ownList(scope, listUid)}`
  const { copy, unfinished } = await scope.write({
    statements: [
      db
        .insert(lists)
        .select(
          sql`SELECT NULL, ${copyUid}, customer_uid, ${copyName}, description, 0, 0, 0, 0, 0, ${now}, ${now} ${source}`,
        ),
      db.insert(listTasks).select(sql`SELECT ${copyId}, id, 0 ${source}`),
      ...copyStep(db, copyId, now),
    ],
    after: {
      copy: selectList(scope, copyUid),
      unfinished: db.select().from(listTasks).where(eq(listTasks.listId, copyId)),
    },
  })
  return { list: presentList(orUnknown(copy[0], 'list_unknown')), complete: unfinished.length === 0 }
}

/**
 * Continues the work on large lists, step by step: copying members, and deleting those of deleted lists. Each step is
 * one transaction, so nothing is done twice, however many runs there are at once and wherever one is cut off. A step
 * that fails is left to the next run.
 */
export async function runListTasks(db: Database, now: Clock): Promise<void> {
  try {
    for (let step = 0; step < STEPS_PER_RUN; step++) {
      const [task] = await selectNextTask(db)
      if (!task) return
      const { listId, sourceId } = task
      await db.batch(sourceId === null ? removeStep(db, listId) : copyStep(db, listId, now()))
    }
  } catch (error) {
    logFailure({ code: 'list_tasks' }, error)
  }
}

/**
 * Selects the next task. Copies come first, and the members of a deleted list stay while they are being copied.
 * Copying pauses while its customer is suspended.
 */
function selectNextTask(db: Database) {
  const copies = alias(listTasks, 'copies')
  const isBeingCopied = exists(db.select().from(copies).where(eq(copies.sourceId, listTasks.listId)))
  const ofActiveCustomer = exists(
    db
      .select({ id: lists.id })
      .from(lists)
      .innerJoin(customers, and(eq(customers.uid, lists.customerUid), eq(customers.status, 'active')))
      .where(eq(lists.id, listTasks.listId)),
  )
  return db
    .select()
    .from(listTasks)
    .where(
      or(
        and(isNotNull(listTasks.sourceId), ofActiveCustomer),
        and(isNull(listTasks.sourceId), not(isBeingCopied)),
      ),
    )
    .orderBy(desc(isNotNull(listTasks.sourceId)), asc(listTasks.listId))
    .limit(1)
}

const copyStep = (db: Database, listId: number | SQL, now: number) => {
  const next = sql`FROM list_contacts AS source
    WHERE source.list_id = list_tasks.source_id AND source.contact_id > list_tasks.copied_to`
  const thisTask = eq(listTasks.listId, listId)
  return [
    db
      .insert(members)
      .select(
        sql`SELECT list_tasks.list_id, source.contact_id, source.customer_uid, source.status, ${now}, ${now}
          FROM list_tasks CROSS JOIN list_contacts AS source
          WHERE ${thisTask} AND source.list_id = list_tasks.source_id AND source.contact_id > list_tasks.copied_to
          ORDER BY source.contact_id LIMIT ${MEMBERS_PER_STEP}`,
      )
      .onConflictDoNothing(),
    db
      .update(listTasks)
      .set({
        copiedTo: sql`coalesce((SELECT max(contact_id)
          FROM (SELECT source.contact_id ${next} ORDER BY source.contact_id LIMIT ${MEMBERS_PER_STEP})), copied_to)`,
      })
      .where(thisTask),
    db.delete(listTasks).where(and(thisTask, sql`NOT EXISTS (SELECT 1 ${next})`)),
  ] as const
}

const removeStep = (db: Database, listId: number) => {
  const ofList = eq(members.listId, listId)
  return [
    db.delete(members).where(
      sql`(list_id, contact_id) IN (SELECT list_id, contact_id FROM list_contacts WHERE list_id = ${listId}
          ORDER BY contact_id LIMIT ${MEMBERS_PER_STEP})`,
    ),
    db
      .delete(listTasks)
      .where(and(eq(listTasks.listId, listId), notExists(db.select().from(members).where(ofList)))),
  ] as const
}
