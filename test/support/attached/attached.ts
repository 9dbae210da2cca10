import { env } from 'cloudflare:workers'
import { inject, vi } from 'vitest'
import { toBase64Url, utf8 } from '../../../src/base/encoding.ts'
import type { Env } from '../../../src/env.ts'
import { fetchWith } from '../bindings/bindings.ts'
import type { Answer, Caller } from '../calls/http.ts'
import { listenedQueue } from '../trail/audit.ts'
import type { Received } from './upstream.ts'

/** The settings of an attached API, with those of a test's own. */
export const attachment = (settings: Record<string, unknown> = {}): Env =>
  ({
    ...env,
    CUSTOMER_API_URL: inject('upstream').url,
    CUSTOMER_API_PATHS: '/v1/, /campaigns, /lists',
    CUSTOMER_API_AUDIENCE: 'https://api.acme.example',
    ...settings,
  }) as unknown as Env

/** Calls a service with an API attached, whose records the test listens to. */
export function attachedService(settings: Record<string, unknown> = {}) {
  const queue = listenedQueue({ forward: false })
  const bindings = { ...attachment(settings), ...queue.bindings, ...settings } as Env
  const via = (request: Request) => fetchWith(bindings, request)
  const through =
    (caller: Caller): Caller =>
    (path, options) =>
      caller(path, { via, ...options })
  return { through, via, events: queue.events, bindings }
}

/** Returns a path that the API answers with a value, and by which its requests are `seen`. */
export const saidAt = (value: unknown) =>
  `/said/${toBase64Url(utf8(JSON.stringify(value)))}/${crypto.randomUUID()}`

/** What the API got of a request that it answers with that. */
export const received = ({ json }: Answer): Received => json

/** The values of a header as the API got it. */
export const headerOf = ({ headers }: Received, name: string) =>
  headers.filter(([each]) => each === name.toLowerCase()).map(([, value]) => value)

/** What the API has seen of the requests with this `X-Seen`, once it is what a test waits for. */
export async function seen(name: string, is: (seen: { requests: number; closed: boolean }) => boolean) {
  return vi.waitUntil(async () => {
    const response = await fetch(`${inject('upstream').url}/seen?name=${name}`)
    const record = await response.json<{ requests: number; closed: boolean }>()
    return is(record) ? record : undefined
  })
}
