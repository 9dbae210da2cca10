import type { Settings } from '../settings.ts'
import { consoleLink } from './console-link.ts'
import { MAY, type Mode, timeIn } from './grants.ts'
import { compose } from './letter.ts'

/** A grant as staff are told of it. */
interface ToldToStaff {
  id: string
  customerUid: string
  mode: Mode
  reason: string
  ticket: string | null
}

/** Returns the mail to each super_admin about emergency access, which one of them has to review. */
export const breakGlassReviewMail = (
  grant: ToldToStaff & { askedBy: string; expiresAt: number },
  settings: Settings,
) =>
  compose(settings.productName, {
    subject: `Emergency access to customer ${grant.customerUid}`,
    greeting: 'Emergency access was used',
    paragraphs: [
      `${grant.askedBy} opened a customer’s account without anybody’s approval.`,
      'Another super_admin has to look at what was done, and say what came of it, in the console or with this call. Until then the grant stays unreviewed.',
    ],
    code: `POST /admin/access_grants/${grant.id}/review`,
    link: consoleLink(settings, 'Review it', 'approvals'),
    facts: { ...toStaff(grant), Until: timeIn('UTC', grant.expiresAt) },
    closing: 'This mail goes to all super_admins.',
  })

/** How a request for access was decided. */
export interface Decision {
  decision: 'approved' | 'declined'
  /** The customer, or the email of a colleague. */
  by: 'customer' | { email: string }
  comment: string | null
  /** When access ends, if it has begun. */
  expiresAt: number | null
}

/** Returns the mail to the person who asked for access. */
export const decidedMail = (grant: ToldToStaff & Decision, settings: Settings) => {
  const { decision, by, comment, expiresAt } = grant
  return compose(settings.productName, {
    subject: `Access to customer ${grant.customerUid}: ${decision}`,
    greeting: `Your request was ${decision}`,
    paragraphs: [
      `${by === 'customer' ? 'The customer' : by.email} ${decision} the access that you asked for.`,
      afterDecision(grant),
    ],
    facts: {
      ...toStaff(grant),
      ...(comment && { Comment: comment }),
      ...(expiresAt !== null && { Until: timeIn('UTC', expiresAt) }),
    },
    ...(expiresAt !== null && { code: `POST /admin/access_grants/${grant.id}/key` }),
    link: consoleLink(settings, 'Open the customer', `customers/${grant.customerUid}`),
    closing: 'All that is done under a grant is on record.',
  })
}

function afterDecision({ decision, expiresAt }: Decision): string {
  if (decision === 'declined') return 'If you still need access, ask again and say more.'
  if (expiresAt === null) return 'It begins once everybody who has a say approved.'
  return 'It has begun: go on in the console, or get its key for a script with this call.'
}

const toStaff = ({ id, customerUid, mode, reason, ticket }: ToldToStaff) => ({
  Customer: customerUid,
  May: `${MAY[mode]} its data`,
  Why: reason,
  ...(ticket && { Ticket: ticket }),
  Grant: id,
})
