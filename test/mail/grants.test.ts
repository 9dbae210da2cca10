import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import {
  accessBeganMail,
  breakGlassMail,
  decisionRequestedMail,
  durationText,
} from '../../src/mail/grants.ts'
import { breakGlassReviewMail, decidedMail } from '../../src/mail/staff-grants.ts'
import { settingsOf } from '../../src/settings.ts'

const settings = settingsOf(env)

/** Somebody who would like to write more of the mail than a reason. */
const HOSTILE = 'Ticket <b>1</b>\r\n\n    https://evil.example/approve\u2028Until: never\u061c \u202egnp.exe'
const HOSTILE_IN_ONE_LINE = 'Ticket <b>1</b> https://evil.example/approve Until: never gnp.exe'

const NOON = Date.parse('2026-11-26T12:00:00Z')

const toCustomer = {
  staff: 'staff_Yk3vJ0mQ8rT1xW5zB7nC2d',
  mode: 'write',
  reason: HOSTILE,
  timezone: 'Asia/Tokyo',
  token: 'stw_access_abc',
} as const

const toStaff = {
  id: 'grant_4fJq0ZkPz7Xn2wB9sVtYcD',
  customerUid: 'xj35478ymfe15',
  mode: 'read',
  reason: HOSTILE,
  ticket: 'SUP-4711',
} as const

const DECISION_PAGE = '/support_access?token=stw_access_abc'
const CUSTOMER_PAGE = `/console/customers/${toStaff.customerUid}`

const MAILS = [
  {
    name: 'access begins',
    mail: () => accessBeganMail({ ...toCustomer, expiresAt: NOON }, settings),
    subject: 'Steward support has access to your account',
    says: [toCustomer.staff, 'Read and change your data', '26 November 2026 at 21:00 (Asia/Tokyo)'],
    link: DECISION_PAGE,
  },
  {
    name: 'please decide',
    mail: () => decisionRequestedMail({ ...toCustomer, durationSeconds: 5400, lapsesAt: NOON }, settings),
    subject: 'Steward support asks for access to your account',
    says: [toCustomer.staff, '1 hour 30 minutes', '26 November 2026 at 21:00 (Asia/Tokyo)', 'lapses'],
    link: DECISION_PAGE,
  },
  {
    name: 'break-glass, to the customer',
    mail: () => breakGlassMail({ ...toCustomer, expiresAt: NOON }, settings),
    subject: 'Emergency access to your Steward account',
    says: [toCustomer.staff, 'without asking you first', '26 November 2026 at 21:00 (Asia/Tokyo)'],
    link: DECISION_PAGE,
  },
  {
    name: 'break-glass, to super_admins',
    mail: () => breakGlassReviewMail({ ...toStaff, askedBy: 'ada@example.com', expiresAt: NOON }, settings),
    subject: 'Emergency access to customer xj35478ymfe15',
    says: ['ada@example.com', 'SUP-4711', '12:00 (UTC)', `POST /admin/access_grants/${toStaff.id}/review`],
    link: '/console/approvals',
  },
  {
    name: 'approved, and begun',
    mail: () =>
      decidedMail(
        { ...toStaff, decision: 'approved', by: 'customer', comment: null, expiresAt: NOON },
        settings,
      ),
    subject: 'Access to customer xj35478ymfe15: approved',
    says: ['The customer approved', 'SUP-4711', `POST /admin/access_grants/${toStaff.id}/key`],
    link: CUSTOMER_PAGE,
  },
  {
    name: 'approved, and not begun yet',
    mail: () =>
      decidedMail(
        {
          ...toStaff,
          decision: 'approved',
          by: { email: 'grace@example.com' },
          comment: null,
          expiresAt: null,
        },
        settings,
      ),
    subject: 'Access to customer xj35478ymfe15: approved',
    says: ['grace@example.com approved', 'once everybody who has a say approved'],
    link: CUSTOMER_PAGE,
  },
  {
    name: 'declined',
    mail: () =>
      decidedMail(
        {
          ...toStaff,
          decision: 'declined',
          by: { email: 'grace@example.com' },
          comment: HOSTILE,
          expiresAt: null,
        },
        settings,
      ),
    subject: 'Access to customer xj35478ymfe15: declined',
    says: ['grace@example.com declined', `Comment: ${HOSTILE_IN_ONE_LINE}`],
    link: CUSTOMER_PAGE,
  },
]

describe.each(MAILS)('the mail "$name"', ({ mail, subject, says, link }) => {
  test('says what it is about, in both bodies', async () => {
    const { text, html, ...rest } = await mail()
    expect(rest.subject).toBe(subject)
    for (const each of says) expect.soft(text).toContain(each)
    for (const each of says.filter((one) => !one.includes(':'))) expect.soft(html).toContain(each)
  })

  test('takes what people typed for text in one line, never for markup or lines of its own', async () => {
    const { text, html, ...rest } = await mail()
    expect(text).toContain(`  Why: ${HOSTILE_IN_ONE_LINE}\n`)
    expect(html).toContain(HOSTILE_IN_ONE_LINE.replace(/<(.?)b>/g, '&lt;$1b&gt;'))
    expect(html).not.toContain('<b>')
    expect(html).not.toContain('href="https://evil')
    expect(rest.subject).not.toContain('Ticket')
  })

  test('loads nothing from anywhere and runs nothing', async () => {
    const { html } = await mail()
    expect(html).not.toMatch(/<(script|img|link|iframe)\b|src=|url\(|@import/i)
  })

  test('links to a page of this deployment, and has the token nowhere else', async () => {
    const { text, html } = await mail()
    const tokens = link.split('stw_access_abc').length
    for (const each of [text, html]) expect(each.split('stw_access_abc')).toHaveLength(tokens)
    expect(text).toContain(`    ${settings.publicUrl}${link}\n`)
    expect(html).toContain(`href="${settings.publicUrl}${link}"`)
  })
})

test.each([
  { seconds: 300, text: '5 minutes' },
  { seconds: 3600, text: '1 hour' },
  { seconds: 5461, text: '1 hour 31 minutes 1 second' },
  { seconds: 14_400, text: '4 hours' },
])('$seconds seconds are $text', ({ seconds, text }) => {
  expect(durationText(seconds)).toBe(text)
})
