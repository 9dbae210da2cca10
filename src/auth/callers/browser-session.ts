import type { Context } from 'hono'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { Authority } from '../authority.ts'
import { hashOfSessionToken, type LiveSession, liveSession } from './session.ts'
import { type AdminEnv, callerInSession, type Identification, type StaffCaller } from './staff-caller.ts'

/** What D1 said of browsers' sessions that were live before, by the hashes of their tokens. It is to be proven. */
const knownSessions = new BoundedCache<{ session: LiveSession | undefined }>(5_000)

/**
 * Tells who calls from a page of ours in a browser, which cannot keep a client's secret and so is no client: whoever has
 * the session that its cookie names, or nobody yet.
 */
export function throughBrowser(c: Context<AdminEnv>, token: string | undefined): Identification {
  const { db, now } = c.var
  const tokenHash = hashOfSessionToken('browser', token)
  if (tokenHash === undefined) {
    // There is nothing to ask the database for.
    const judge = (): StaffCaller => ({ kind: 'browser', actor: undefined })
    return { authority: new Authority(db, { questions: () => ({}), judge }), isKnown: false }
  }
  const authority = new Authority(db, {
    questions: () => ({ session: liveSession({ tokenHash, now: now() }) }),
    judge({ session }): StaffCaller {
      if (!session) return { kind: 'browser', actor: undefined }
      return { kind: 'browser', ...callerInSession(c, db, session, null) }
    },
    memory: { of: knownSessions, name: tokenHash },
  })
  return { authority, isKnown: authority.remembered !== undefined }
}
