import { html } from 'hono/html'
import { htmlPage } from '../../http/files/html-page.ts'

/** Returns the page of a mailed link. Opening it changes nothing: mail scanners follow links, people press buttons. */
export const confirmationPage = (productName: string, token: string) =>
  htmlPage(
    productName,
    'Unlock your account',
    html`
<p>Too many logins failed for your account. Unlock it to log in again.</p>
<form method="post" action="/admin/unlock">
<input type="hidden" name="token" value="${token}">
<button type="submit">Unlock my account</button>
</form>`,
  )

/** Returns the page after the button was pressed. */
export const unlockedPage = (productName: string) =>
  htmlPage(
    productName,
    'Your account is unlocked',
    html`
<p>You can log in again, with the password you had. You can close this page.</p>`,
  )

/** Returns the page of a link that is unknown, used or expired, without telling which. */
export const deadLinkPage = (productName: string) =>
  htmlPage(
    productName,
    'This link does not work any more',
    html`
<p>Links to unlock an account work once, for an hour. Wait until the lock ends, or ask an administrator for another link.</p>`,
  )
