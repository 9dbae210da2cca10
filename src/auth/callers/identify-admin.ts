import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { annotated, type OperationParts } from '../../http/annotations.ts'
import { isWrite, isWriteMethod, routePattern } from '../../http/routing.ts'
import { inBackground } from '../../log.ts'
import { authorityOfKey, noteKeyUse } from '../key-authority.ts'
import { claimAdminKey } from './admin-key.ts'
import { throughBrowser } from './browser-session.ts'
import { throughClient } from './client-session.ts'
import { readAdminKey } from './credentials.ts'
import { limitRefusal } from './key-limits.ts'
import { readBrowser } from './session-cookie.ts'
import { signatureHeader } from './signature.ts'
import type { AdminEnv, Identification, StaffCaller } from './staff-caller.ts'

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
  const { authority, isKnown } = await identified(c)
  if (isWrite(c)) await (await authority.presume()).takeSignature?.()
  else if (!isKnown) await authority.verify()
  c.set('authority', authority)
  await next()
  const { noteUse } = await authority.verify()
  if (noteUse) inBackground(c.executionCtx, 'note_use', noteUse())
})

/**
 * Tells who calls the admin surface: a registered client that signs what it sends, or a page of ours in a browser, each
 * with a session or none yet; or a script with an admin API key, which stands for client and session.
 */
export const identifyAdmin = annotated({ operation }, identify)

async function identified(c: Context<AdminEnv>): Promise<Identification> {
  const { headers } = c.req.raw
  const browser = readBrowser(headers)
  if (browser) return throughBrowser(c, browser.token)
  const key = readAdminKey(headers)
  return key === undefined ? throughClient(c) : withKey(c, key)
}

async function withKey(c: Context<AdminEnv>, sent: string): Promise<Identification> {
  const { db, now } = c.var
  const claimed = await claimAdminKey(c.env, sent)
  const authority = authorityOfKey(c.var, claimed, null, {
    judge: (actor, key): StaffCaller => ({
      kind: 'script',
      actor: actor.grant ? { ...actor, scopes: [] } : actor,
      refusal: limitRefusal(key, c.req.raw.headers),
      noteUse: () => noteKeyUse(db, claimed, key, now()),
    }),
  })
  return { authority, isKnown: true }
}
