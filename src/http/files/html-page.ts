import type { Context } from 'hono'
import { html } from 'hono/html'
import { BASE62, randomString } from '../../crypto/random.ts'

/** A page and the policy under which it is shown. */
export interface HtmlPage {
  html: string
  contentSecurityPolicy: string
}

const NONCE_LENGTH = 22

type Markup = ReturnType<typeof html>

const STYLE = `:root{color-scheme:light dark;--page:#f8f9fa;--card:#fff;--text:#212529;--quiet:#5c636a;--line:#dee2e6;--button:#1f4ed8}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--card:#212529;--text:#e9ecef;--quiet:#adb5bd;--line:#3d4349;--button:#3b6cf0}}
body{margin:0;padding:48px 16px;background:var(--page);color:var(--text);font:16px/1.5 system-ui,-apple-system,Segoe UI,sans-serif}
main{max-width:480px;margin:0 auto;padding:32px 24px;border-radius:8px;background:var(--card);overflow-wrap:anywhere}
h1{margin:0 0 16px;font-size:22px;line-height:1.3}p{margin:0 0 16px}
dl{margin:0 0 24px}dl div{display:flex;gap:16px;padding:8px 0;border-top:1px solid var(--line)}
dt{flex:0 0 88px;color:var(--quiet);overflow-wrap:normal}dd{margin:0;min-width:0}
main :last-child{margin-bottom:0}
form{display:flex;flex-wrap:wrap;gap:12px}
button{padding:12px 20px;border:1px solid var(--button);border-radius:6px;background:var(--button);color:#fff;font:inherit;font-weight:600;cursor:pointer}
button.other{border-color:var(--quiet);background:none;color:var(--text)}
button:focus-visible{outline:3px solid var(--text);outline-offset:2px}
footer{margin-top:16px;text-align:center;color:var(--quiet);font-size:13px}`

/**
 * Returns a page that allows its own style and form only: no scripts, images or framing, and nothing from elsewhere.
 */
export async function htmlPage(productName: string, title: string, content: Markup): Promise<HtmlPage> {
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

/** Answers with a page. */
export function showPage(c: Context, status: 200 | 404 | 409, page: HtmlPage): Response {
  c.header('Content-Security-Policy', page.contentSecurityPolicy)
  return c.html(page.html, status)
}
