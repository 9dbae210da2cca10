import type { Context } from 'hono'
import { BoundedCache } from '../../base/bounded-cache.ts'
import { AppError } from '../../errors.ts'
import { rawBody } from '../../http/body/bytes.ts'
import { HEADERS } from '../../http/headers.ts'
import { storesOf } from '../../http/stores.ts'
import { takesBody } from '../../http/validation.ts'
import { Authority } from '../authority.ts'
import { type Client, clientById, verifySignature } from './client.ts'
import { hashOfSessionToken, type LiveSession, liveSession } from './session.ts'
import { takeOnce } from './signature.ts'
import { type AdminEnv, callerInSession, type Identification, type StaffCaller } from './staff-caller.ts'

/**
 * What D1 said of sessions that were live before, by the hashes of their tokens and the clients they came through. What
 * such a caller does may be put to the database together with whether that is so still; a stranger's request makes the
 * database do nothing but look for its session.
 */
const knownSessions = new BoundedCache<{
  client: Client | undefined
  session: LiveSession | undefined
}>(5_000)

/** Tells who calls through a registered client that signs what it sends, with a session or none yet. */
export function throughClient(c: Context<AdminEnv>): Identification {
  const { db, now } = c.var
  const token = /^Bearer +(\S+)$/i.exec(c.req.header('Authorization') ?? '')?.[1]
  const tokenHash = hashOfSessionToken('client', token) ?? ''
  const sentId = c.req.header(HEADERS.CLIENT_ID) ?? ''
  const authority = new Authority(db, {
    questions: () => ({
      client: clientById({ id: sentId, now: now() }),
      session: liveSession({ tokenHash, now: now() }),
    }),
    async judge({ client: row, session }): Promise<StaffCaller> {
      const { client, takeSignature } = await checkClient(c, row)
      const through = { kind: 'client', clientId: client.id, takeSignature } as const
      if (!session) return { ...through, actor: undefined }
      return { ...through, ...callerInSession(c, db, session, client.id) }
    },
    memory: { of: knownSessions, name: `${tokenHash} ${sentId}` },
  })
  return { authority, isKnown: authority.remembered !== undefined }
}

async function checkClient(c: Context<AdminEnv>, client: Client | undefined) {
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
