import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { sha256Hex } from '../crypto/digest.ts'
import type { AppEnv } from '../env.ts'
import { AppError, orUnavailable } from '../errors.ts'
import { rawBody } from '../http/body.ts'
import { routePattern } from '../http/routing.ts'
import { takesBody } from '../http/validation.ts'
import { inBackground } from '../log.ts'
import { isPast } from './account.ts'
import type { AdminActor, SessionActor } from './actor.ts'
import { claimAdminKey, identifyKey, type KeyAuthority, keyAuthority, noteKeyUse } from './admin-api-key.ts'
import { type Client, clientById, verifyChecksum } from './client.ts'
import { readAdminKey } from './credentials.ts'
import { checkLimits } from './key-limits.ts'
import { type LiveSession, liveSession, touchSession } from './session.ts'

export interface AdminEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    /** Who calls, as far as that is known; a route's `requires` makes sure of it. */
    caller: AdminActor | undefined
    /** What the caller's key itself says against this call. */
    keyRefusal: AppError | undefined
  }
}

type AdminContext = Context<AdminEnv>

/**
 * Tells who calls the admin surface: a registered client that signs what it sends, with a session or none yet; or a
 * script with an admin API key, which stands for both.
 * @throws AppError client_unknown, checksum_missing, checksum_mismatch, key_invalid, credentials_ambiguous,
 * credentials_malformed
 */
export const identifyAdmin = createMiddleware<AdminEnv>(async (c, next) => {
  // An unknown path is refused for what it is: there is nothing to identify anyone for.
  if (routePattern(c) === undefined) return next()
  const key = readAdminKey(c.req.raw.headers)
  if (key !== undefined) return callerWithKey(c, key, next)
  const caller = await callerWithSession(c)
  c.set('caller', caller)
  if (caller) c.var.facts.adminId = caller.adminId
  return next()
})

async function callerWithSession(c: AdminContext): Promise<SessionActor | undefined> {
  const { db, now } = c.var
  const token = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const tokenHash = token === undefined ? '' : sha256Hex(token)
  const [[client], [session]] = await orUnavailable(
    db.batch([clientById(db, c.req.header('SWI-CID') ?? '', now()), liveSession(db, tokenHash, now())]),
  )
  const { id: clientId } = await checkClient(c, client)
  if (!session) return undefined
  inBackground(c.executionCtx, 'touch_session', touchSession(db, session, now()))
  return sessionActor(session, clientId, now())
}

async function checkClient(c: AdminContext, client: Client | undefined): Promise<Client> {
  if (!client || client.disabledAt !== null) throw new AppError('client_unknown')
  const checksum = c.req.header('SWI-CS')
  if (checksum !== undefined)
    await verifyChecksum(client, c.env.CLIENT_SECRETS_KEYS, checksum, await rawBody(c.req.raw))
  else if (takesBody(c)) throw new AppError('checksum_missing')
  return client
}

function sessionActor({ sessionId, admin }: LiveSession, clientId: string, now: number): SessionActor {
  const { id: adminId, role, hasChangedPassword, passwordExpiresAt } = admin
  const passwordPending = !hasChangedPassword || isPast(passwordExpiresAt, now)
  return { type: 'admin', via: 'session', adminId, role, sessionId, clientId, admin, passwordPending }
}

async function callerWithKey(c: AdminContext, key: string, next: () => Promise<void>): Promise<void> {
  const { db, now } = c.var
  const claimed = await claimAdminKey(c.env, key)
  const [authority] = await orUnavailable(Promise.resolve(keyAuthority(db, claimed.id, null, now())))
  if (!authority) throw new AppError('key_invalid')
  const caller = identifyKey(claimed, authority)
  c.set('caller', caller)
  Object.assign(c.var.facts, { adminId: caller.adminId, apiKeyId: caller.apiKeyId })
  c.set('keyRefusal', limitRefusal(authority, c.req.raw.headers))
  await next()
  inBackground(c.executionCtx, 'note_key_use', noteKeyUse(db, claimed, authority, now()))
}

function limitRefusal(authority: KeyAuthority, headers: Headers): AppError | undefined {
  try {
    checkLimits(authority, headers)
    return undefined
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}
