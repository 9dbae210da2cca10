import type { Context } from 'hono'
import { setChanges } from '../audit/recording/changes.ts'
import { type Act, type Recording, recorded } from '../audit/recording/recorded.ts'
import { recordedRequest } from '../audit/recording/recorded-request.ts'
import type { OperationParts } from '../http/annotations.ts'
import type { AppEnv, RequestFacts, RequestVariables } from '../http/context.ts'
import { HEADERS } from '../http/headers.ts'
import { isWrite, streamsAnswer } from '../http/routing.ts'
import type { AdminActor } from './actor.ts'
import { recordedReason } from './callers/key-limits.ts'

/** What `onRecord` adds to an operation. */
export const ON_RECORD = {
  errors: ['audit_unavailable'],
  answerHeaders: [HEADERS.AUDIT_ID],
} as const satisfies OperationParts

/**
 * Has the rest of the chain answer a request as an act on record, which the answer names in `X-Audit-Id`.
 * @throws what `recorded` throws
 */
export async function onRecord(
  c: Context,
  act: Pick<Act, 'recording' | 'presume' | 'authorize' | 'ridesAlong'>,
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

/**
 * Runs what the holder of a mailed link does as an act on record. Nobody else is to be identified, and a page does not
 * name its record.
 * @throws AppError audit_unavailable
 */
export const recordedByLink = (c: Context<AppEnv>, run: () => Promise<Response>): Promise<Response> =>
  recorded(
    {
      request: recordedRequest(c),
      recording: 'change',
      authorize: async () => undefined,
      ridesAlong: false,
      nameRecord: () => undefined,
    },
    run,
  )

/** The context of a request, as far as it holds what was sent and what is known of it. */
export type RequestInHand = Pick<Context, 'req'> & { var: Pick<RequestVariables, 'facts'> }

/** Notes who acts and why, for the log and the record of the act. */
export function noteActor(c: RequestInHand, actor: AdminActor): void {
  const { facts } = c.var
  const key = actor.via === 'api_key' ? actor : undefined
  facts.actor = {
    type: 'admin',
    adminId: actor.adminId,
    role: actor.role,
    apiKeyId: key?.apiKeyId ?? null,
  }
  facts.grant = key?.grant ?? null
  facts.reason = key?.reason ?? recordedReason(c.req.raw.headers)
}

/** Notes that the customer itself acts, with a key of its own or by a link that it was mailed. */
export function noteCustomer(facts: RequestFacts, apiKeyId: string | null): void {
  facts.actor = { type: 'customer', adminId: null, role: null, apiKeyId }
}

/** Notes what a change that the customer made changed. */
export const noteChange = setChanges

/** Takes back what was noted of who acts. */
export function retractActor({ var: { facts } }: RequestInHand): void {
  facts.actor = null
  facts.grant = null
  facts.reason = null
}

/** Returns how what a request asks for goes on record, where a read does. */
export function recordingOf(c: Context): Recording {
  if (isWrite(c)) return 'change'
  return streamsAnswer(c) ? 'stream' : 'read'
}
