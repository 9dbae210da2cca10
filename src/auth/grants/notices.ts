import { and, eq, isNull, ne, type SQL, sql } from 'drizzle-orm'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { accessGrants } from '../../db/schema/grants.ts'
import { admins } from '../../db/schema/staff.ts'
import type { Stores } from '../../http/stores.ts'
import { logFailure } from '../../log.ts'
import { accessBeganMail, breakGlassMail, decisionRequestedMail } from '../../mail/grants.ts'
import type { MailContent } from '../../mail/mailer.ts'
import { breakGlassReviewMail, decidedMail } from '../../mail/staff-grants.ts'
import type { Say } from './decisions.ts'
import { dropLink, makeLink } from './links.ts'
import { type Grant, grantColumns, waitsFor } from './status.ts'

/** What it takes to tell people. A mail that cannot be sent is logged, and holds nothing up. */
type Means = Pick<Stores, 'db' | 'mailer' | 'settings' | 'pseudonymOf'>

type Customer = Pick<typeof customers.$inferSelect, 'email' | 'timezone' | 'supportAccess'>

/**
 * Mails the customer what its policy or an emergency asks for: the request that waits for it, or that access began.
 * Returns whether the mail was accepted; null if none was due. The grant, which says no from the moment that one is due,
 * keeps a yes.
 */
export async function tellCustomer(means: Means, grant: Grant, customer: Customer): Promise<boolean | null> {
  const { db } = means
  const due = dueMail(grant, customer, means.settings)
  if (!due) return null
  try {
    if (!(await sendWithLink(means, grant, customer, due))) return false
    const kept = db.update(accessGrants).set({ customerReached: true }).where(eq(accessGrants.id, grant.id))
    await inOneTrip(db, { kept })
    return true
  } catch (error) {
    logFailure({ task: 'tell_customer', grant_id: grant.id }, error)
    return false
  }
}

/** A mail that is due: what its link is good for, until when, and what it says. */
interface Due {
  purpose: 'decide' | 'end'
  expiresAt: number
  write(told: { staff: string; timezone: string; token: string }): Promise<MailContent>
}

function dueMail(grant: Grant, { supportAccess }: Customer, settings: Stores['settings']): Due | undefined {
  const { lapsesAt, expiresAt } = grant
  if (waitsFor(grant).includes('customer')) {
    const write: Due['write'] = (told) => decisionRequestedMail({ ...grant, ...told }, settings)
    return { purpose: 'decide', expiresAt: lapsesAt, write }
  }
  if (grant.status !== 'active' || expiresAt === null) return undefined
  const began = supportAccess === 'notify' ? accessBeganMail : undefined
  const mail = grant.breakGlass ? breakGlassMail : began
  return (
    mail && { purpose: 'end', expiresAt, write: (told) => mail({ ...grant, ...told, expiresAt }, settings) }
  )
}

async function sendWithLink(
  { db, mailer, pseudonymOf }: Means,
  grant: Grant,
  { email, timezone }: Customer,
  { purpose, expiresAt, write }: Due,
): Promise<boolean> {
  if (email === '') return false
  const { token, tokenHash } = await makeLink(db, { grantId: grant.id, purpose, expiresAt })
  try {
    const staff = await pseudonymOf(grant.customerUid, grant.adminId)
    await mailer.send(email, await write({ staff, timezone, token }))
    return true
  } catch (error) {
    logFailure({ task: 'tell_customer', grant_id: grant.id }, error)
    await dropLink(db, tokenHash)
    return false
  }
}

/** Mails all super_admins that one of them opened an account in an emergency. */
export async function tellSuperAdmins({ db, mailer, settings }: Means, grant: Grant): Promise<void> {
  const { askers, supers } = await inOneTrip(db, {
    askers: emailOf(db, grant.adminId),
    supers: db
      .select({ email: admins.email })
      .from(admins)
      .where(and(eq(admins.role, 'super_admin'), isNull(admins.disabledAt), ne(admins.id, grant.adminId))),
  })
  const askedBy = askers[0]?.email ?? ''
  const mail = await breakGlassReviewMail({ ...grant, askedBy, expiresAt: grant.expiresAt ?? 0 }, settings)
  const mails = [...askers, ...supers].map(({ email }) => mailer.send(email, mail))
  await allOf(mails, { task: 'tell_super_admins', grant_id: grant.id })
}

/** Mails the one who asked what was decided, and the customer if access began by it. */
export async function tellDecision(means: Means, grantId: string, say: Say, now: number): Promise<void> {
  const { db, mailer, settings } = means
  const { grants, deciders, askers, told } = await inOneTrip(db, {
    grants: db.select(grantColumns(now)).from(accessGrants).where(eq(accessGrants.id, grantId)),
    deciders: emailOf(db, say.by === 'colleague' ? say.adminId : 0),
    askers: emailOf(db, sql`(SELECT admin_id FROM access_grants WHERE id = ${grantId})`),
    told: db
      .select()
      .from(customers)
      .where(eq(customers.uid, sql`(SELECT customer_uid FROM access_grants WHERE id = ${grantId})`)),
  })
  const [grant] = grants
  if (!grant) return
  const by = say.by === 'customer' ? 'customer' : { email: deciders[0]?.email ?? '' }
  const mail = await decidedMail({ ...grant, decision: say.decision, comment: say.comment, by }, settings)
  const mails = askers.map(({ email }) => mailer.send(email, mail))
  const hasBegunByIt = grant.beganAt === now
  const notices = hasBegunByIt ? told.map((customer) => tellCustomer(means, grant, customer)) : []
  await allOf([...mails, ...notices], { task: 'tell_decision', grant_id: grantId })
}

/** Waits for all of them. One that fails is logged. */
async function allOf(works: Promise<unknown>[], facts: Record<string, string>): Promise<void> {
  for (const outcome of await Promise.allSettled(works))
    if (outcome.status === 'rejected') logFailure(facts, outcome.reason)
}

const emailOf = (db: Database, adminId: number | SQL) =>
  db.select({ email: admins.email }).from(admins).where(eq(admins.id, adminId))
