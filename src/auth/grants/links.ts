import { and, eq, gt, isNull, lte, type SQL, sql } from 'drizzle-orm'
import { createToken, hashOfToken } from '../../crypto/opaque-token.ts'
import { inOneTrip } from '../../db/batch.ts'
import type { Database } from '../../db/client.ts'
import { accessGrantLinks, accessGrants } from '../../db/schema/grants.ts'

const TOKEN_PREFIX = 'stw_access_'

type Link = Pick<typeof accessGrantLinks.$inferInsert, 'grantId' | 'purpose' | 'expiresAt'>

/** Returns the hash that the token of a link is kept as; undefined for what is none. */
export const hashOfLink = (token: string) => hashOfToken(TOKEN_PREFIX, token)

/** Makes a link of a mail. Returns the only copy of its token, and its hash. */
export async function makeLink(db: Database, link: Link) {
  const made = createToken(TOKEN_PREFIX)
  await inOneTrip(db, { made: db.insert(accessGrantLinks).values({ tokenHash: made.tokenHash, ...link }) })
  return made
}

/** Takes a link back that nobody was sent. */
export async function dropLink(db: Database, tokenHash: string): Promise<void> {
  const dropped = db.delete(accessGrantLinks).where(eq(accessGrantLinks.tokenHash, tokenHash))
  await inOneTrip(db, { dropped })
}

/** The condition for a link that was not used yet, and is not too old. */
export const isUsable = (tokenHash: string, now: number): SQL | undefined =>
  and(
    eq(accessGrantLinks.tokenHash, tokenHash),
    gt(accessGrantLinks.expiresAt, now),
    isNull(accessGrantLinks.usedAt),
  )

/** The condition for the grant that a usable link is about, if it is one for this. */
export const linkedBy = (tokenHash: string, purpose: Link['purpose'], now: number): SQL =>
  sql`${accessGrants.id} = (SELECT grant_id FROM access_grant_links
    WHERE ${and(isUsable(tokenHash, now), eq(accessGrantLinks.purpose, purpose))})`

/** Returns the statement that uses a link up. */
export const useUp = (db: Database, tokenHash: string, now: number) =>
  db.update(accessGrantLinks).set({ usedAt: now }).where(isUsable(tokenHash, now))

/** Removes links that nobody can use any more. */
export const purgeAccessLinks = (db: Database, now: number) =>
  db.delete(accessGrantLinks).where(lte(accessGrantLinks.expiresAt, now))
