import { and, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { sha256Hex } from '../../crypto/digest.ts'
import { BASE62, randomString } from '../../crypto/random.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrantLinks, accessGrants } from '../../db/schema/grants.ts'

const TOKEN_PREFIX = 'stw_access_'

/** 256 bits. */
const TOKEN_LENGTH = 43

type Link = Pick<typeof accessGrantLinks.$inferInsert, 'grantId' | 'purpose' | 'expiresAt'>

/** Makes a link of a mail. Returns the only copy of its token. */
export async function makeLink(db: Database, link: Link): Promise<string> {
  const token = TOKEN_PREFIX + randomString(BASE62, TOKEN_LENGTH)
  const made = db.insert(accessGrantLinks).values({ tokenHash: sha256Hex(token), ...link })
  await inOneTrip(db, { made })
  return token
}

/** Takes a link back that nobody was sent. */
export async function dropLink(db: Database, token: string): Promise<void> {
  const dropped = db.delete(accessGrantLinks).where(eq(accessGrantLinks.tokenHash, sha256Hex(token)))
  await inOneTrip(db, { dropped })
}

/** The condition for a link that was not used yet, and is not too old. */
export const isUsable = (token: string, now: number): SQL | undefined =>
  and(
    eq(accessGrantLinks.tokenHash, sha256Hex(token)),
    gt(accessGrantLinks.expiresAt, now),
    isNull(accessGrantLinks.usedAt),
  )

/** The condition for the grant that a usable link is about, if it is one for this. */
export const linkedBy = (token: string, purpose: Link['purpose'], now: number): SQL =>
  sql`${accessGrants.id} = (SELECT grant_id FROM access_grant_links
    WHERE ${and(isUsable(token, now), eq(accessGrantLinks.purpose, purpose))})`

/** Returns the statement that uses a link up. */
export const useUp = (db: Database, token: string, now: number) =>
  db.update(accessGrantLinks).set({ usedAt: now }).where(isUsable(token, now))

/** Removes links that nobody can use any more. */
export const purgeAccessLinks = (db: Database, now: number) =>
  db.delete(accessGrantLinks).where(lte(accessGrantLinks.expiresAt, now))
