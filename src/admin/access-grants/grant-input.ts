import * as z from 'zod'
import { GRANT_STATUSES } from '../../auth/grants/status.ts'
import { GRANT_MODES } from '../../db/schema/grants.ts'
import {
  digits,
  explanation,
  flag,
  MAX_EXPLANATION_LENGTH,
  nullableText,
  seconds,
  uid,
} from '../../http/fields/inputs.ts'
import { pageQuery } from '../../http/pagination.ts'

const MIN_DURATION_SECONDS = 5 * 60
export const MAX_DURATION_SECONDS = 4 * 60 * 60
const DEFAULT_DURATION_SECONDS = 60 * 60

/** The longest emergency. */
const MAX_BREAK_GLASS_SECONDS = 60 * 60

/** What somebody asks for. */
export const askBody = () =>
  z
    .strictObject({
      customer_uid: uid(),
      reason: explanation(),
      ticket: nullableText(255).optional(),
      mode: z.enum(GRANT_MODES).default('read'),
      duration_seconds: seconds(MIN_DURATION_SECONDS, MAX_DURATION_SECONDS)
        .meta({ examples: [DEFAULT_DURATION_SECONDS] })
        .default(DEFAULT_DURATION_SECONDS),
      break_glass: flag().default(false),
    })
    .refine((ask) => !ask.break_glass || ask.duration_seconds <= MAX_BREAK_GLASS_SECONDS, {
      path: ['duration_seconds'],
      error: `of a break-glass is at most ${MAX_BREAK_GLASS_SECONDS}`,
    })
    .transform((ask) => ({
      customerUid: ask.customer_uid,
      reason: ask.reason,
      ticket: ask.ticket ?? null,
      mode: ask.mode,
      durationSeconds: ask.duration_seconds,
      breakGlass: ask.break_glass,
    }))

export type Ask = z.output<ReturnType<typeof askBody>>

/** An approval, which may say why. */
export const approvalBody = () => z.strictObject({ comment: nullableText(MAX_EXPLANATION_LENGTH).optional() })

/** A refusal or a review, which has to say why. */
export const commentBody = () => z.strictObject({ comment: explanation() })

/** The stop of impersonation. */
export const stopBody = () => z.strictObject({ reason: explanation() })

/** The query parameters of the listing of grants. */
export const grantsQuery = () =>
  pageQuery().extend({
    customer_uid: uid().optional(),
    admin_id: digits().optional(),
    status: z.enum(GRANT_STATUSES).optional(),
    review: z
      .enum(['unreviewed', 'reviewed'])
      .optional()
      .meta({ description: 'Only break-glass that another super_admin has yet to look at, or has.' }),
  })
