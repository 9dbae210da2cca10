import { html } from 'hono/html'
import { htmlPage } from '../../http/files/html-page.ts'
import { accessFacts, durationText, requestFacts } from '../../mail/grants.ts'
import { inOneLine } from '../../mail/letter.ts'
import type { Linked } from './links.service.ts'

/** What the buttons of the page send. */
export const CHOICES = ['approve', 'decline', 'end'] as const
export type Choice = (typeof CHOICES)[number]

/** Returns what can be done by a link. */
export function choicesOf({ purpose, isClosed }: Linked): Choice[] {
  if (purpose === 'end') return ['end']
  return isClosed ? ['decline'] : ['approve', 'decline']
}

const facts = (told: Record<string, string>) => html`<dl>
${Object.entries(told).map(([label, value]) => html`<div><dt>${label}</dt><dd>${inOneLine(value)}</dd></div>`)}
</dl>`

const button = (choice: Choice, label: string, kind = '') =>
  html`<button type="submit" name="choice" value="${choice}" class="${kind}">${label}</button>`

const form = (
  token: string,
  buttons: ReturnType<typeof html>,
) => html`<form method="post" action="/support_access">
<input type="hidden" name="token" value="${token}">
${buttons}
</form>`

/** Returns the page of a mailed link. Opening it changes nothing: mail scanners follow links, people press buttons. */
export function linkedPage(productName: string, token: string, linked: Linked, staff: string) {
  const { purpose, timezone, isClosed, grant } = linked
  const told = { ...grant, staff, timezone }
  if (purpose === 'decide')
    return htmlPage(
      productName,
      'May support access your account?',
      html`
<p>A member of our staff asks for access to your account. ${
        isClosed
          ? 'Your account is closed to our staff: to approve, choose another policy first.'
          : 'It begins only if you approve.'
      }</p>
${facts(requestFacts(told))}
${form(token, html`${isClosed ? '' : button('approve', 'Approve')}${button('decline', 'Decline', 'other')}`)}`,
    )
  return htmlPage(
    productName,
    'End this access?',
    html`
<p>A member of our staff has access to your account.</p>
${facts(accessFacts({ ...told, expiresAt: grant.expiresAt ?? grant.lapsesAt }))}
${form(token, button('end', 'End this access'))}`,
  )
}

/** Returns the page after the request was decided. */
export const decidedPage = (
  productName: string,
  { status, durationSeconds }: Pick<Linked['grant'], 'status' | 'durationSeconds'>,
) =>
  status === 'declined'
    ? htmlPage(
        productName,
        'You declined the access',
        html`
<p>Nobody gets in by this request. You can close this page.</p>`,
      )
    : htmlPage(
        productName,
        'You approved the access',
        html`
<p>${
          status === 'active'
            ? `It has begun, and ends by itself after ${durationText(durationSeconds)}.`
            : 'It begins once a second member of our staff approves it too.'
        } All that is done is in your access log. You can close this page.</p>`,
      )

/** Returns the page after the access was ended. */
export const endedPage = (productName: string) =>
  htmlPage(
    productName,
    'The access has ended',
    html`
<p>Nothing more can be done by it. What was done is in your access log. You can close this page.</p>`,
  )

/** Returns the page of a link that does nothing any more, without telling why. */
export const deadLinkPage = (productName: string) =>
  htmlPage(
    productName,
    'This link does not work any more',
    html`
<p>Links work once, and as long as the request waits or the access lasts. With your API key you can see what waits for you, and who has access now.</p>`,
  )
