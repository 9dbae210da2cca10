import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { sha256Hex } from '../../crypto/digest.ts'
import type { Statements } from '../../db/batch.ts'
import { AppError } from '../../errors.ts'
import { annotated, type OperationParts } from '../../http/annotations.ts'
import { rawBody } from '../../http/body/bytes.ts'
import type { AppEnv } from '../../http/context.ts'
import { HEADERS } from '../../http/headers.ts'
import { isWrite, isWriteMethod, routePattern } from '../../http/routing.ts'
import { storesOf } from '../../http/stores.ts'
import { takesBody } from '../../http/validation.ts'
import { inBackground } from '../../log.ts'
import { isPast } from '../accounts/account.ts'
import type { AdminActor, SessionActor } from '../actor.ts'
import { Authority } from '../authority.ts'
import type { Owed } from '../permissions.ts'
import { claimAdminKey, keyActor, keyAuthority, liveKey, noteKeyUse } from './admin-key.ts'
import { type Client, clientById, verifySignature } from './client.ts'
import { readAdminKey } from './credentials.ts'
import { limitRefusal, reasonRefusal } from './key-limits.ts'
import { type LiveSession, liveSession, touchSession } from './session.ts'
import { signatureHeader, takeOnce } from './signature.ts'

/** Who calls the admin surface. */
export interface StaffCaller {
  /** Undefined for a client that nobody is logged in through. */
  actor: AdminActor | undefined
  /** The client the call came through; undefined for a key. */
  clientId?: string
  /** Refuses the call whatever it is about: the limits of a key, a reason that cannot be kept. */
  refusal?: AppError | undefined
  /** Notes that session or key is in use. A call to make when the answer is ready. */
  noteUse?: () => Promise<void>
}

export interface AdminEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    /** Tells who calls; a route's `requires` decides whether it is enough. */
    authority: Authority<Statements, StaffCaller>
  }
}

type AdminContext = Context<AdminEnv>

/**
 * Sessions that were live before, by the hashes of their tokens. What such a caller reads may be asked of the database
 * together with whether it still is; a stranger's request makes the database do nothing but look for its session.
 */
const knownSessions = new BoundedCache<true>(5_000)

const operation = (method: string): OperationParts => ({
  errors: [
    'client_unknown',
    'checksum_missing',
    'checksum_mismatch',
    'checksum_expired',
    ...(isWriteMethod(method) ? (['checksum_replayed'] as const) : []),
    // Of a body that a signature is checked over.
    'body_too_large',
    'credentials_ambiguous',
    'credentials_malformed',
    'key_invalid',
    'dependency_unavailable',
  ],
  requestHeaders: signatureHeader(),
})

const identify = createMiddleware<AdminEnv>(async (c, next) => {
  // An unknown path is refused for what it is: there is nothing to identify anyone for.
  if (routePattern(c) === undefined) return next()
  const key = readAdminKey(c.req.raw.headers)
  const { authority, isKnown } = key === undefined ? ofSession(c) : await ofKey(c, key)
  if (isWrite(c) || !isKnown) await authority.verify()
  c.set('authority', authority)
  await next()
  const { noteUse } = await authority.verify()
  if (noteUse) inBackground(c.executionCtx, 'note_use', noteUse())
})

/**
 * Tells who calls the admin surface: a registered client that signs what it sends, with a session or none yet; or a
 * script with an admin API key, which stands for both.
 */
export const identifyAdmin = annotated({ operation }, identify)

function ofSession(c: AdminContext) {
  const { db, now } = c.var
  const token = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const tokenHash = token === undefined ? '' : sha256Hex(token)
  const authority = new Authority(db, {
    queries: (db) => ({
      client: clientById(db, { id: c.req.header(HEADERS.CLIENT_ID) ?? '', now: now() }),
      session: liveSession(db, { tokenHash, now: now() }),
    }),
    async judge({ client: [client], session: [session] }): Promise<StaffCaller> {
      knownSessions.delete(tokenHash)
      const { id: clientId } = await checkClient(c, client)
      if (!session) return { actor: undefined, clientId }
      knownSessions.set(tokenHash, true)
      return {
        actor: sessionActor(session, clientId, now()),
        clientId,
        refusal: reasonRefusal(c.req.raw.headers),
        noteUse: () => touchSession(db, session, now()),
      }
    },
  })
  return { authority, isKnown: knownSessions.get(tokenHash) ?? false }
}

async function checkClient(c: AdminContext, client: Client | undefined): Promise<Client> {
  if (!client) throw new AppError('client_unknown', { because: 'missing or unknown' })
  if (client.disabledAt !== null) throw new AppError('client_unknown', { because: 'disabled' })
  const header = c.req.header(HEADERS.SIGNATURE)
  if (header === undefined) {
    if (client.requireBoundSignatures || takesBody(c)) throw new AppError('checksum_missing')
    return client
  }
  const { method, url } = c.req
  const authorization = c.req.header('Authorization') ?? ''
  const request = { method, url, authorization, body: await rawBody(c.req.raw) }
  const { db, startedAt } = c.var
  // It has to be in time when it arrives: a stream that asks again an hour later was signed well.
  const signature = await verifySignature(client, storesOf(c), header, request, startedAt)
  // After it verified, so that strangers write nothing: a round trip of its own.
  if (isWrite(c)) await takeOnce(db, client.id, signature)
  return client
}

function sessionActor({ sessionId, admin }: LiveSession, clientId: string, now: number): SessionActor {
  const { id: adminId, role, hasChangedPassword, passwordExpiresAt } = admin
  const owes: Owed[] = !hasChangedPassword || isPast(passwordExpiresAt, now) ? ['password_change'] : []
  return { type: 'admin', via: 'session', adminId, role, sessionId, clientId, admin, owes }
}

async function ofKey(c: AdminContext, sent: string) {
  const { db, now } = c.var
  const claimed = await claimAdminKey(c.env, sent)
  const authority = new Authority(db, {
    queries: (db) => ({ key: keyAuthority(db, { keyId: claimed.id, customerUid: null, now: now() }) }),
    judge({ key: [row] }): StaffCaller {
      const key = liveKey(claimed, row)
      const refusal = limitRefusal(key, c.req.raw.headers)
      return { actor: keyActor(claimed, key), refusal, noteUse: () => noteKeyUse(db, claimed, key, now()) }
    },
  })
  return { authority, isKnown: true }
}
