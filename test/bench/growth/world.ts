import { seeding } from '../../support/seeding.ts'
import { fillTrail, markExported } from '../../support/trail/trail-filling.ts'
import { seedService } from '../seed.ts'
import type { Running } from '../workers.ts'

/** What is in the stores of a Worker that is measured at one size. */
export interface World {
  /** How many contacts the customer has, all of them in one list, and how many entries the trail has, all about it. */
  size: number
  customerUid: string
  listUid: string
  own: Record<string, string>
  impersonated: Record<string, string>
  staff: Record<string, string>
}

/** Fills the stores of a Worker. */
export async function worldOf(running: Running, size: number): Promise<World> {
  const { staff, reader: own, asReader: impersonated } = await seedService(running)
  const db = (await running.miniflare.getD1Database('DB')) as unknown as D1Database
  const customerUid = impersonated['X-CUSTOMER-ID']
  const list = await db
    .prepare('SELECT uid FROM lists WHERE customer_uid = ? ORDER BY id')
    .bind(customerUid)
    .first<{ uid: string }>()
  if (!list) throw new Error('the customer has no list')
  const { seedContacts, putIntoList } = seeding(db)
  await seedContacts(customerUid, size)
  await putIntoList(list.uid, size)
  await fillTrail(db, size, customerUid)
  await markExported(db, size)
  return { size, customerUid, listUid: list.uid, own, impersonated, staff }
}
