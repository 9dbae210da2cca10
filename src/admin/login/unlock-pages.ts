import { html } from 'hono/html'
import { BASE62, randomString } from '../../crypto/random.ts'

/** A page and the policy under which it is shown. */
export interface HtmlPage {
  html: string
  contentSecurityPolicy: string
}

const NONCE_LENGTH = 22

/** Returns the page of a mailed link. Opening it changes nothing: mail scanners follow links, people press buttons. */
export const confirmationPage = (productName: string, token: string) =>
  page(
    productName,
    'Unlock your account',
    html`
<p>Too many wrong passwords were entered for your account. Unlock it to log in again.</p>
<form method="post" action="/admin/unlock">
<input type="hidden" name="token" value="${token}">
<button type="submit">Unlock my account</button>
</form>`,
  )

/** Returns the page after the button was pressed. */
export const unlockedPage = (productName: string) =>
  page(
    productName,
    'Your account is unlocked',
    html`
<p>You can log in again, with the password you had. You can close this page.</p>`,
  )

/** Returns the page of a link that is unknown, used or expired, without telling which. */
export const deadLinkPage = (productName: string) =>
  page(
    productName,
    'This link does not work any more',
    html`
<p>Links to unlock an account work once, for an hour. Wait until the lock ends, or ask an administrator for another link.</p>`,
  )

type Markup = ReturnType<typeof html>

const STYLE = `body{margin:0;padding:48px 16px;background:#f8f9fa;color:#212529;font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif}
main{max-width:440px;margin:0 auto;padding:32px;border-radius:8px;background:#fff}
h1{margin:0 0 16px;font-size:22px}p{margin:0 0 16px}
button{padding:12px 20px;border:0;border-radius:6px;background:#1f4ed8;color:#fff;font:inherit;font-weight:600;cursor:pointer}
footer{margin-top:16px;text-align:center;color:#6c757d;font-size:13px}`

/**
 * Returns a page that allows its own style and form only: no scripts, images or framing, and nothing from elsewhere.
 */
async function page(productName: string, title: string, content: Markup): Promise<HtmlPage> {
  const nonce = randomString(BASE62, NONCE_LENGTH)
  const document = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} – ${productName}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
<h1>${title}</h1>${content}
</main>
<footer>${productName}</footer>
</body>
</html>
`
  return {
    html: document.toString(),
    contentSecurityPolicy: `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
  }
}
