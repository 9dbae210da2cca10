import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import type { CookieOptions } from 'hono/utils/cookie'
import { AppError } from '../../errors.ts'
import { HEADERS, OWN_PAGE, SESSION_COOKIE } from '../../http/headers.ts'

/** Without an age of its own: it ends with the browser, and the session in the database before that. */
const OPTIONS: CookieOptions = { path: '/', secure: true, httpOnly: true, sameSite: 'Strict' }

/** The headers of those who are not a browser with a cookie. */
const OTHER_CREDENTIALS = [
  'Authorization',
  HEADERS.CLIENT_ID,
  HEADERS.SIGNATURE,
  HEADERS.ADMIN_KEY,
  HEADERS.CUSTOMER_KEY,
]

/**
 * Returns the token that a page of ours in a browser calls with, if there is one; undefined if it is not such a page
 * that calls, whose cookie is not looked at. A browser sets `Sec-Fetch-Site` itself, which no page can change (Fetch
 * Metadata), and the custom header is one that a form cannot send and another origin would need CORS for: each is
 * enough against requests that another site forges, and neither is needed for anything else.
 * @throws AppError credentials_ambiguous, credentials_malformed
 */
export function readBrowser(headers: Headers): { token: string | undefined } | undefined {
  const isOwnPage =
    headers.get(HEADERS.REQUESTED_WITH) === OWN_PAGE && headers.get('Sec-Fetch-Site') === 'same-origin'
  if (!isOwnPage) return undefined
  const [token, ...others] = sessionCookies(headers.get('Cookie') ?? '')
  if (OTHER_CREDENTIALS.some((name) => headers.has(name))) {
    if (token === undefined) return undefined
    throw new AppError('credentials_ambiguous', {
      message: 'Send either the session cookie or another credential, not both',
    })
  }
  if (others.length > 0) throw new AppError('credentials_malformed')
  return { token }
}

/**
 * Returns the values of all cookies of the name. Whatever is more lenient than RFC 6265 §4.2.1 with blanks or letters
 * can take a cookie of another name for this one, which a neighbouring host may set.
 */
const sessionCookies = (header: string): string[] =>
  header.split(';').flatMap((pair) => {
    const [, name, value = ''] = /^[ \t]?([^=]*)=(.*)$/s.exec(pair) ?? []
    return name === SESSION_COOKIE ? value : []
  })

/** Gives a browser the token of its session. */
export const setSessionCookie = (c: Context, token: string): void =>
  setCookie(c, SESSION_COOKIE, token, OPTIONS)

/** Has a browser forget the token of its session. */
export const clearSessionCookie = (c: Context): void =>
  setCookie(c, SESSION_COOKIE, '', { ...OPTIONS, maxAge: 0 })
