import { eq } from 'drizzle-orm'
import { sha256Hex } from '../../crypto/digest.ts'
import { BASE62, randomString } from '../../crypto/random.ts'
import type { Database } from '../../db/client.ts'
import { accessGrantLinks } from '../../db/schema/grants.ts'

const TOKEN_PREFIX = 'stw_access_'

/** 256 bits. */
const TOKEN_LENGTH = 43

type Link = Pick<typeof accessGrantLinks.$inferInsert, 'grantId' | 'purpose' | 'expiresAt'>

/** Makes a link of a mail. Returns the only copy of its token. */
export async function makeLink(db: Database, link: Link): Promise<string> {
  const token = TOKEN_PREFIX + randomString(BASE62, TOKEN_LENGTH)
  await db.insert(accessGrantLinks).values({ tokenHash: sha256Hex(token), ...link })
  return token
}

/** Takes a link back that nobody was sent. */
export async function dropLink(db: Database, token: string): Promise<void> {
  await db.delete(accessGrantLinks).where(eq(accessGrantLinks.tokenHash, sha256Hex(token)))
}
