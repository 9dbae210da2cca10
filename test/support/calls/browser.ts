import type { Role } from '../../../src/auth/permissions.ts'
import { makeAdmin, makeSession } from '../factories.ts'
import { type Caller, callerWith } from './http.ts'

/** The name of the cookie. */
export const COOKIE = '__Host-steward_session'

/** The headers by which a browser says that a page of ours calls. */
export const OWN_PAGE = { 'X-Requested-With': 'steward-console', 'Sec-Fetch-Site': 'same-origin' }

/** Calls as a page of ours in a browser does, with a session if there is a token. */
export const browserCaller = (token?: string): Caller =>
  callerWith({ ...OWN_PAGE, ...(token && { Cookie: `${COOKIE}=${token}` }) })

/** A new admin of this role who is logged in in a browser, and the way to call as one. */
export async function loggedInByBrowser(role: Role = 'super_admin') {
  const admin = await makeAdmin(role)
  return { ...admin, call: browserCaller(await makeSession(admin.adminId, 'browser')) }
}

/** An origin that is not ours. */
export const APP = 'https://app.example.com'

/** What is refused for one of its headers; null leaves one out. */
const pageBut = (changed: Record<string, string | null>) =>
  Object.fromEntries(
    Object.entries({ ...OWN_PAGE, ...changed }).filter((each): each is [string, string] => each[1] !== null),
  )

/** Requests that do not come of a page of ours, or whose browser does not say so. */
export const ELSEWHERE: { name: string; headers: Record<string, string>; corsOrigins?: string }[] = [
  { name: 'from another site', headers: pageBut({ 'Sec-Fetch-Site': 'cross-site' }) },
  { name: 'from a neighbouring host', headers: pageBut({ 'Sec-Fetch-Site': 'same-site' }) },
  { name: 'typed into the address bar', headers: pageBut({ 'Sec-Fetch-Site': 'none' }) },
  { name: 'with an origin that is not said', headers: pageBut({ 'Sec-Fetch-Site': null }) },
  { name: 'with two origins', headers: pageBut({ 'Sec-Fetch-Site': 'same-origin, cross-site' }) },
  { name: 'with an origin in capitals', headers: pageBut({ 'Sec-Fetch-Site': 'Same-Origin' }) },
  { name: 'without the header', headers: pageBut({ 'X-Requested-With': null }) },
  { name: 'with the header of jQuery', headers: pageBut({ 'X-Requested-With': 'XMLHttpRequest' }) },
  { name: 'with more than the header', headers: pageBut({ 'X-Requested-With': 'steward-console, x' }) },
  {
    name: 'from an origin that CORS lets',
    headers: pageBut({ 'Sec-Fetch-Site': 'cross-site', Origin: APP }),
    corsOrigins: APP,
  },
]
