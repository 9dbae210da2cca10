import * as z from 'zod'
import { type Changed, setChanges } from '../../audit/recording/changes.ts'
import { once } from '../../base/once.ts'
import { DECISIONS, GRANT_MODES } from '../../db/schema/grants.ts'
import type { RequestFacts } from '../../http/context.ts'
import { setTarget } from '../../http/context.ts'
import { timestamp } from '../../http/envelopes.ts'
import { countValue, textValue, timeValue, uidValue } from '../../http/fields/values.ts'
import { GRANT_STATUSES, type Grant, waitsFor } from './status.ts'

const adminId = () =>
  z
    .int()
    .nullable()
    .meta({ examples: [11] })
const comment = () => textValue('The ticket is real').nullable()

const decisionObject = () =>
  z.object({
    by: z.enum(['customer', 'colleague']),
    admin_id: adminId(),
    at: timeValue(),
    decision: z.enum(DECISIONS),
    comment: comment(),
  })

const reviewObject = () =>
  z.object({
    status: z.enum(['unreviewed', 'reviewed']),
    admin_id: adminId(),
    at: timeValue().nullable(),
    comment: comment(),
  })

/** An access grant as staff see it. */
export const grantObject = once(() =>
  z
    .object({
      id: textValue('gra_4fJq0ZkPz7Xn2wB9sVtYcD'),
      customer_uid: uidValue(),
      admin_id: z.int().meta({ examples: [11], description: 'The id of the admin who asked.' }),
      reason: textValue('The import of 24 November shows contacts twice').meta({
        description: 'Why access was asked for, which is the reason of all that is done under it.',
      }),
      ticket: textValue('4711').nullable(),
      mode: z.enum(GRANT_MODES),
      status: z.enum(GRANT_STATUSES),
      waits_for: z
        .array(z.enum(['customer', 'colleague']))
        .meta({ description: 'Whose say a pending grant still waits for.' }),
      break_glass: z.boolean(),
      duration_seconds: countValue(),
      requested_at: timeValue(),
      lapses_at: timeValue().meta({ description: 'The end of the time to decide.' }),
      decided_at: timeValue().nullable().meta({ description: 'When access began, or was declined.' }),
      expires_at: timeValue()
        .nullable()
        .meta({ description: 'When access ends by itself; null: it has not begun.' }),
      ended_at: timeValue().nullable(),
      ended_by: z.object({ by: z.enum(['customer', 'staff']), admin_id: adminId() }).nullable(),
      decisions: z.array(decisionObject()),
      customer_reached: z.boolean().nullable().meta({
        description:
          'Whether the mail that the policy of the customer asks for could be sent; null: it asks for none. The customer can decide without it, by its API.',
      }),
      review: reviewObject()
        .nullable()
        .meta({ description: 'Of a break-glass: the look of another super_admin at it.' }),
    })
    .meta({ id: 'AccessGrant' }),
)
export type GrantObject = z.infer<ReturnType<typeof grantObject>>

/** Returns a grant as staff see it. */
export const presentGrant = (grant: Grant): GrantObject => ({
  id: grant.id,
  customer_uid: grant.customerUid,
  admin_id: grant.adminId,
  reason: grant.reason,
  ticket: grant.ticket,
  mode: grant.mode,
  status: grant.status,
  waits_for: waitsFor(grant),
  break_glass: grant.breakGlass,
  duration_seconds: grant.durationSeconds,
  requested_at: timestamp(grant.requestedAt),
  lapses_at: timestamp(grant.lapsesAt),
  decided_at: timestamp(grant.beganAt ?? grant.declinedAt),
  expires_at: timestamp(grant.expiresAt),
  ended_at: timestamp(grant.endedAt),
  ended_by: grant.endedBy && { by: grant.endedBy, admin_id: grant.endedByAdminId },
  decisions: decisionsOn(grant),
  customer_reached: grant.customerReached,
  review: reviewOf(grant),
})

/** The says on a grant in the order they came. */
function decisionsOn(grant: Grant): GrantObject['decisions'] {
  const says = [
    {
      by: 'customer' as const,
      adminId: null,
      at: grant.customerDecidedAt,
      decision: grant.customerDecision,
      comment: grant.customerComment,
    },
    {
      by: 'colleague' as const,
      adminId: grant.colleagueId,
      at: grant.colleagueDecidedAt,
      decision: grant.colleagueDecision,
      comment: grant.colleagueComment,
    },
  ]
  return says
    .toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0))
    .flatMap(({ adminId, at, decision, ...say }) =>
      decision === null || at === null ? [] : { ...say, admin_id: adminId, at: timestamp(at), decision },
    )
}

function reviewOf({ breakGlass, reviewedAt, reviewedBy, reviewComment }: Grant): GrantObject['review'] {
  if (!breakGlass) return null
  const status = reviewedAt === null ? 'unreviewed' : 'reviewed'
  return { status, admin_id: reviewedBy, at: timestamp(reviewedAt), comment: reviewComment }
}

/** Notes the grant that a request is about, for its record. */
export function noteGrant(
  facts: RequestFacts,
  { id, mode, customer_uid: customerUid }: Pick<GrantObject, 'id' | 'mode' | 'customer_uid'>,
): void {
  setTarget(facts, 'access_grant', id)
  facts.grant = { id, mode }
  facts.customerUid = customerUid
}

/** Notes what a change of a grant changed, for its record. Returns the grant after it. */
export function notedGrant<After extends GrantObject>(
  facts: RequestFacts,
  change: Changed<After, object | null>,
): After {
  noteGrant(facts, change.after)
  setChanges(facts, 'access_grant', change)
  return change.after
}
