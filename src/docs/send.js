import { credentials } from './credentials.js'

/** @import { Components } from './openapi.js' */

/** @typedef {{ method: string, path: string, headers: Headers, body: string | undefined }} Outgoing */

/**
 * Adds the credentials of one way to call, and the client's signature of the request.
 * @param {Components} components
 * @param {Record<string, unknown>} way
 * @param {Outgoing} outgoing
 */
export async function identify(components, way, outgoing) {
  const { headers } = outgoing
  const entered = credentials()
  for (const scheme of Object.keys(way)) {
    const value = entered[scheme]
    const { type, name } = components.securitySchemes[scheme] ?? {}
    if (!value) continue
    if (type === 'http') headers.set('Authorization', `Bearer ${value}`)
    else if (name) headers.set(name, value)
  }
  if ('client' in way && entered.secret && !headers.has('SWI-CS'))
    headers.set('SWI-CS', await signature(entered.secret, outgoing))
}

const utf8 = new TextEncoder()

/** The time of the last signature. One can be used once, so an equal request is signed a second later. */
let lastTime = 0

/**
 * Returns `SWI-CS` bound to the request and its time, which every client may use.
 * @param {string} secret
 * @param {Outgoing} outgoing
 */
async function signature(secret, { method, path, headers, body }) {
  lastTime = Math.max(lastTime + 1, Math.floor(Date.now() / 1000))
  const { pathname, search } = new URL(path, location.href)
  const digests = [body ?? '', headers.get('Authorization') ?? ''].map(sha256)
  const lines = [`${lastTime}`, method, pathname + search, ...(await Promise.all(digests)), '']
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', utf8.encode(secret), algorithm, false, ['sign'])
  return `t=${lastTime},v2=${hex(await crypto.subtle.sign('HMAC', key, utf8.encode(lines.join('\n'))))}`
}

/** @param {string} text */
const sha256 = async (text) => hex(await crypto.subtle.digest('SHA-256', utf8.encode(text)))

/** @param {ArrayBuffer} bytes */
const hex = (bytes) =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The most characters of an answer that are shown: an export can be of any length. */
const MAX_SHOWN = 100_000

/**
 * Sends a request. Returns the answer as text.
 * @param {Outgoing} outgoing
 */
export async function send({ method, path, headers, body }) {
  const response = await fetch(path, {
    method,
    headers,
    body: body ?? null,
    credentials: 'omit',
    cache: 'no-store',
  })
  const text = await response.text()
  const isJson = response.headers.get('Content-Type')?.startsWith('application/json')
  const shown = isJson && text ? JSON.stringify(JSON.parse(text), null, 2) : text
  return {
    status: `${response.status} ${response.statusText}`.trim(),
    ok: response.ok,
    headers: response.headers,
    body: shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}\n...` : shown,
  }
}
