import type { Context } from 'hono'
import { type Act, type Recording, recorded } from '../audit/recording/recorded.ts'
import { recordedRequest } from '../audit/recording/recorded-request.ts'
import type { RequestVariables } from '../http/context.ts'
import { HEADERS } from '../http/headers.ts'
import { isWrite, streamsAnswer } from '../http/routing.ts'
import type { AdminActor } from './actor.ts'
import { recordedReason } from './callers/key-limits.ts'

/**
 * Has the rest of the chain answer a request as an act on record, which the answer names in `X-Audit-Id`.
 * @throws what `recorded` throws
 */
export async function onRecord(
  c: Context,
  act: Pick<Act, 'recording' | 'authorize' | 'ridesAlong'>,
  next: () => Promise<void>,
): Promise<void> {
  const request = recordedRequest(c)
  const nameRecord: Act['nameRecord'] = (id) => c.header(HEADERS.AUDIT_ID, id)
  const answer = await recorded({ ...act, request, nameRecord }, async () => {
    await next()
    return c.res
  })
  if (answer === c.res) return
  // What it replaces has the same headers, and merging them would have the runtime encode the body once more.
  c.res = undefined
  c.res = answer
}

/** The context of a request, as far as it holds what was sent and what is known of it. */
export type RequestInHand = Pick<Context, 'req'> & { var: Pick<RequestVariables, 'facts'> }

/** Notes who acts and why, for the log and the record of the act. */
export function noteActor(c: RequestInHand, actor: AdminActor): void {
  const { facts } = c.var
  facts.actor = {
    adminId: actor.adminId,
    role: actor.role,
    apiKeyId: actor.via === 'api_key' ? actor.apiKeyId : null,
  }
  facts.reason = recordedReason(c.req.raw.headers)
}

/** Returns how what a request asks for goes on record, where a read does. */
export function recordingOf(c: Context): Recording {
  if (isWrite(c)) return 'change'
  return streamsAnswer(c) ? 'stream' : 'read'
}
