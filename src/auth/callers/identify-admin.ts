import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { sha256Hex } from '../../crypto/digest.ts'
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
import { Authority, type Questions } from '../authority.ts'
import type { Owed } from '../permissions.ts'
import {
  claimAdminKey,
  forgetAuthority,
  keyActor,
  keyAuthority,
  liveKey,
  noteKeyUse,
  rememberedKey,
  rememberKey,
} from './admin-key.ts'
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
  /**
   * Takes the signature of a change, so that it is good for one only; after it verified, so that strangers write
   * nothing: a round trip of its own.
   * Throws `checksum_replayed` if it was taken before.
   */
  takeSignature?: () => Promise<void>
  /** Notes that session or key is in use. A call to make when the answer is ready. */
  noteUse?: () => Promise<void>
}

export interface AdminEnv extends AppEnv {
  Variables: AppEnv['Variables'] & {
    /** Tells who calls; a route's `requires` decides whether it is enough. */
    authority: Authority<Questions, StaffCaller>
  }
}

type AdminContext = Context<AdminEnv>

/**
 * What D1 said of sessions that were live before, by the hashes of their tokens and the clients they came through. What
 * such a caller does may be put to the database together with whether that is so still; a stranger's request makes the
 * database do nothing but look for its session.
 */
const knownSessions = new BoundedCache<{ client: Client; session: LiveSession }>(5_000)

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
  if (isWrite(c)) await (await authority.presume()).takeSignature?.()
  else if (!isKnown) await authority.verify()
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
  const sentId = c.req.header(HEADERS.CLIENT_ID) ?? ''
  const name = `${tokenHash} ${sentId}`
  const remembered = knownSessions.get(name)
  const authority = new Authority(db, {
    questions: () => ({
      client: clientById({ id: sentId, now: now() }),
      session: liveSession({ tokenHash, now: now() }),
    }),
    async judge({ client: row, session }): Promise<StaffCaller> {
      knownSessions.delete(name)
      const { client, takeSignature } = await checkClient(c, row)
      const { id: clientId } = client
      if (!session) return { actor: undefined, clientId, takeSignature }
      knownSessions.set(name, { client, session })
      return {
        actor: sessionActor(session, clientId, now()),
        clientId,
        refusal: reasonRefusal(c.req.raw.headers),
        takeSignature,
        noteUse: () => touchSession(db, session, now()),
      }
    },
    remembered,
  })
  return { authority, isKnown: remembered !== undefined }
}

async function checkClient(c: AdminContext, client: Client | undefined) {
  if (!client) throw new AppError('client_unknown', { because: 'missing or unknown' })
  if (client.disabledAt !== null) throw new AppError('client_unknown', { because: 'disabled' })
  const header = c.req.header(HEADERS.SIGNATURE)
  if (header === undefined) {
    if (client.requireBoundSignatures || takesBody(c)) throw new AppError('checksum_missing')
    return { client }
  }
  const { method, url } = c.req
  const authorization = c.req.header('Authorization') ?? ''
  const request = { method, url, authorization, body: await rawBody(c.req.raw) }
  const { db, startedAt } = c.var
  // It has to be in time when it arrives: a stream that asks again an hour later was signed well.
  const signature = await verifySignature(client, storesOf(c), header, request, startedAt)
  return { client, takeSignature: () => takeOnce(db, client.id, signature) }
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
    questions: () => ({ key: keyAuthority({ keyId: claimed.id, customerUid: null, now: now() }) }),
    judge({ key: row }): StaffCaller {
      forgetAuthority(claimed, null)
      const key = liveKey(claimed, row)
      rememberKey(claimed, null, key)
      const refusal = limitRefusal(key, c.req.raw.headers)
      const actor = keyActor(claimed, key)
      return {
        actor: actor.grant ? { ...actor, scopes: [] } : actor,
        refusal,
        noteUse: () => noteKeyUse(db, claimed, key, now()),
      }
    },
    remembered: rememberedKey(claimed, null),
  })
  return { authority, isKnown: true }
}
