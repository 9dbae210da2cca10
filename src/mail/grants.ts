import type { Settings } from '../settings.ts'
import { compose } from './letter.ts'

/** What a grant lets its holder do. */
type Mode = 'read' | 'write'

/** A grant as its customer is told of it. */
interface Told {
  /** The pseudonym of the access log. */
  staff: string
  mode: Mode
  reason: string
  /** The customer's, in which times are told. */
  timezone: string
}

interface ToldByMail extends Told {
  /** Of the link in the mail. */
  token: string
}

/** A grant as staff are told of it. */
interface ToldToStaff {
  id: string
  customerUid: string
  mode: Mode
  reason: string
  ticket: string | null
}

/** Returns the mail to a customer who wants to know when access begins. Its link ends the access. */
export const accessBeganMail = (grant: ToldByMail & { expiresAt: number }, settings: Settings) =>
  compose(settings.productName, {
    subject: `${settings.productName} support has access to your account`,
    greeting: 'Support has access to your account',
    paragraphs: ['A member of our staff now has access to your account. You asked to be told of it.', LOGGED],
    facts: accessFacts(grant),
    link: { label: 'End this access', url: pageOf(grant, settings) },
    closing: 'If you expected this, there is nothing to do. The link can end this access and nothing else.',
  })

/** Returns the mail to a customer who wants to be asked. Its link leads to the page that takes the decision. */
export const decisionRequestedMail = (
  grant: ToldByMail & { durationSeconds: number; lapsesAt: number },
  settings: Settings,
) =>
  compose(settings.productName, {
    subject: `${settings.productName} support asks for access to your account`,
    greeting: 'May support access your account?',
    paragraphs: [
      'A member of our staff asks for access to your account. It begins only if you approve.',
      'You approve or decline on the page that opens. If you do neither, the request lapses, and nobody gets in.',
    ],
    facts: requestFacts(grant),
    link: { label: 'See the request', url: pageOf(grant, settings) },
    closing: 'Whoever has the link can decide for you, so do not pass this mail on.',
  })

/** Returns the mail to a customer whose account was opened in an emergency, whatever its policy. */
export const breakGlassMail = (grant: ToldByMail & { expiresAt: number }, settings: Settings) =>
  compose(settings.productName, {
    subject: `Emergency access to your ${settings.productName} account`,
    greeting: 'Emergency access to your account',
    paragraphs: [
      'A member of our staff opened your account in an emergency, without asking you first. A second member of staff has to review it.',
      LOGGED,
    ],
    facts: accessFacts(grant),
    link: { label: 'End this access', url: pageOf(grant, settings) },
    closing: 'The link can end this access and nothing else. If you have questions, ask us.',
  })

/** Returns the mail to each super_admin about emergency access, which one of them has to review. */
export const breakGlassReviewMail = (
  grant: ToldToStaff & { askedBy: string; expiresAt: number },
  { productName }: Settings,
) =>
  compose(productName, {
    subject: `Emergency access to customer ${grant.customerUid}`,
    greeting: 'Emergency access was used',
    paragraphs: [
      `${grant.askedBy} opened a customer’s account without anybody’s approval.`,
      'Another super_admin has to look at what was done, and say with this call what came of it. Until then the grant stays unreviewed.',
    ],
    code: `POST /admin/access_grants/${grant.id}/review`,
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
export const decidedMail = (grant: ToldToStaff & Decision, { productName }: Settings) => {
  const { decision, by, comment, expiresAt } = grant
  return compose(productName, {
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
    closing: 'All that is done under a grant is on record.',
  })
}

function afterDecision({ decision, expiresAt }: Decision): string {
  if (decision === 'declined') return 'If you still need access, ask again and say more.'
  if (expiresAt === null) return 'It begins once everybody who has a say approved.'
  return 'It has begun. This call gives you its key.'
}

const LOGGED = 'All that is done is in your access log, under the same name.'

const MAY: Record<Mode, string> = { read: 'Read', write: 'Read and change' }

const toCustomer = ({ staff, mode, reason }: Told) => ({
  Who: staff,
  May: `${MAY[mode]} your data`,
  Why: reason,
})

/** What a customer is told of a request, by mail or on the page that its link leads to. */
export const requestFacts = (grant: Told & { durationSeconds: number; lapsesAt: number }) => ({
  ...toCustomer(grant),
  For: durationText(grant.durationSeconds),
  'Answer by': timeIn(grant.timezone, grant.lapsesAt),
})

/** What a customer is told of access that has begun. */
export const accessFacts = (grant: Told & { expiresAt: number }) => ({
  ...toCustomer(grant),
  Until: timeIn(grant.timezone, grant.expiresAt),
})

const toStaff = ({ id, customerUid, mode, reason, ticket }: ToldToStaff) => ({
  Customer: customerUid,
  May: `${MAY[mode]} its data`,
  Why: reason,
  ...(ticket && { Ticket: ticket }),
  Grant: id,
})

/** The address of the page that a link to a grant leads to (customer/consent/pages.routes.ts). */
const pageOf = ({ token }: ToldByMail, { publicUrl }: Settings) =>
  `${publicUrl}/support_access?token=${encodeURIComponent(token)}`

/** Returns a moment as people of a time zone read it, with the name of the zone. */
const timeIn = (timezone: string, moment: number) => {
  const format = new Intl.DateTimeFormat('en-GB', {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: timezone,
  })
  return `${format.format(moment)} (${timezone})`
}

const UNITS = [
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** Returns a duration as people say it: "1 hour 30 minutes". */
export function durationText(seconds: number): string {
  const parts: string[] = []
  let left = seconds
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size)
    left -= count * size
    if (count > 0) parts.push(`${count} ${unit}${count === 1 ? '' : 's'}`)
  }
  return parts.join(' ')
}
