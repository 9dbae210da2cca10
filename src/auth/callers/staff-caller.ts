import type { Context } from 'hono'
import type { Database } from '../../db/client.ts'
import type { AppError } from '../../errors.ts'
import type { AppEnv } from '../../http/context.ts'
import { isPast } from '../accounts/account.ts'
import type { AdminActor, SessionActor } from '../actor.ts'
import type { Authority, Questions } from '../authority.ts'
import type { Owed } from '../permissions.ts'
import { reasonRefusal } from './key-limits.ts'
import { type LiveSession, touchSession } from './session.ts'

/** Who calls the admin surface. */
export interface StaffCaller {
  /** A registered client, a page of ours in a browser, or a script that has a key and needs neither. */
  kind: 'client' | 'browser' | 'script'
  /** Undefined where nobody is logged in. */
  actor: AdminActor | undefined
  /** The client the call came through; undefined where there is none. */
  clientId?: string
  /** Refuses the call whatever it is about: the limits of a key, a reason that cannot be kept. */
  refusal?: AppError | undefined
  /**
   * Takes the signature of a change, so that it is good for one only; after it verified, so that strangers write
   * nothing: a round trip of its own.
   * Throws `checksum_replayed` if it was taken before.
   */
  takeSignature?: () => Promise<void>
  /** Notes that session or key is in use. A call to make when the answer is ready. */
  noteUse?: () => Promise<void>
}

/** The context of the admin surface. */
export interface AdminEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    /** Tells who calls; a route's `requires` decides whether it is enough. */
    authority: Authority<Questions, StaffCaller>
  }
}

/** The authority of who calls the admin surface. */
export interface Identification {
  authority: Authority<Questions, StaffCaller>
  /** Whether the caller was let in before: its questions may wait for what it asks for, and go with that. */
  isKnown: boolean
}

/**
 * Returns what is the same of everyone in a live session, through a client or without one. `db` is the one that takes
 * single statements: a route that changes something has another in its context.
 */
export function callerInSession(
  c: Context<AdminEnv>,
  db: Database,
  session: LiveSession,
  clientId: string | null,
) {
  const { now } = c.var
  return {
    actor: sessionActor(session, clientId, now()),
    refusal: reasonRefusal(c.req.raw.headers),
    noteUse: () => touchSession(db, session, now()),
  } satisfies Partial<StaffCaller>
}

function sessionActor({ sessionId, admin }: LiveSession, clientId: string | null, now: number): SessionActor {
  const { id: adminId, role, hasChangedPassword, passwordExpiresAt } = admin
  const owes: Owed[] = !hasChangedPassword || isPast(passwordExpiresAt, now) ? ['password_change'] : []
  return { type: 'admin', via: 'session', adminId, role, sessionId, clientId, admin, owes }
}
