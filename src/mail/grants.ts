import type { Settings } from '../settings.ts'
import { compose } from './letter.ts'

/** What a grant lets its holder do. */
export type Mode = 'read' | 'write'

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

const LOGGED = 'All that is done is in your access log, under the same name.'

/** What a mode is called in mails. */
export const MAY: Record<Mode, string> = { read: 'Read', write: 'Read and change' }

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

/** The address of the page that a link to a grant leads to (customer/consent/pages.routes.ts). */
const pageOf = ({ token }: ToldByMail, { publicUrl }: Settings) =>
  `${publicUrl}/support_access?token=${encodeURIComponent(token)}`

/** Returns a moment as people of a time zone read it, with the name of the zone. */
export const timeIn = (timezone: string, moment: number) => {
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
