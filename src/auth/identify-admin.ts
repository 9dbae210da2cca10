import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { sha256Hex } from '../crypto/digest.ts'
import type { AppEnv } from '../env.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { rawBody } from '../http/body.ts'
import { routePattern } from '../http/routing.ts'
import { takesBody } from '../http/validation.ts'
import { isPast } from './account.ts'
import type { AdminActor, ApiKeyActor, SessionActor } from './actor.ts'
import { checkAddress, claimAdminKey, identifyKey, keyAuthority } from './admin-api-key.ts'
import { type Client, clientById, verifyChecksum } from './client.ts'
import { type LiveSession, liveSession, touchSession } from './session.ts'

export interface AdminEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    /** Who calls, as far as that is known; a route's `requires` makes sure of it. */
    caller: AdminActor | undefined
  }
}

type AdminContext = Context<AdminEnv>

/**
 * Tells who calls the admin surface: a registered client that signs what it sends, with a session or none yet; or a
 * script with an admin API key, which stands for both.
 * @throws AppError client_unknown, checksum_missing, checksum_mismatch, key_invalid, ip_refused, credentials_ambiguous
 */
export const identifyAdmin = createMiddleware<AdminEnv>(async (c, next) => {
  // An unknown path is refused for what it is: there is nothing to identify anyone for.
  if (routePattern(c) === undefined) return next()
  const key = c.req.header('X-ADMIN-API-KEY')
  c.set('caller', key === undefined ? await callerWithSession(c) : await callerWithKey(c, key))
  return next()
})

async function callerWithSession(c: AdminContext): Promise<SessionActor | undefined> {
  const { db, now } = c.var
  const token = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const tokenHash = token === undefined ? '' : await sha256Hex(token)
  const [[client], [session]] = await orUnavailable(
    db.batch([clientById(db, c.req.header('SWI-CID') ?? ''), liveSession(db, tokenHash, now())]),
  )
  await checkClient(c, client)
  if (!session) return undefined
  c.executionCtx.waitUntil(touchSession(db, session, now()))
  return sessionActor(session, now())
}

async function checkClient(c: AdminContext, client: Client | undefined): Promise<void> {
  if (!client || client.disabledAt !== null) throw new AppError('client_unknown')
  const checksum = c.req.header('SWI-CS')
  if (checksum !== undefined)
    return verifyChecksum(client, c.env.CLIENT_SECRETS_KEYS, checksum, await rawBody(c.req.raw))
  if (takesBody(c)) throw new AppError('checksum_missing')
}

function sessionActor({ sessionId, admin }: LiveSession, now: number): SessionActor {
  const { id: adminId, role, hasChangedPassword, passwordExpiresAt } = admin
  const passwordPending = !hasChangedPassword || isPast(passwordExpiresAt, now)
  return { type: 'admin', via: 'session', adminId, role, sessionId, admin, passwordPending }
}

async function callerWithKey(c: AdminContext, key: string): Promise<ApiKeyActor> {
  if (c.req.header('Authorization') !== undefined) throw new AppError('credentials_ambiguous')
  const claimed = await claimAdminKey(c.env, key)
  const [authority] = await orUnavailable(
    Promise.resolve(keyAuthority(c.var.db, claimed.id, null, c.var.now())),
  )
  const actor = identifyKey(claimed, authority)
  if (authority) checkAddress(authority, c.req.header('CF-Connecting-IP'))
  return actor
}
