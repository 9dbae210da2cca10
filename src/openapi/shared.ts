import type { Credential } from '../http/annotations.ts'
import { HEADERS, OWN_PAGE, SESSION_COOKIE } from '../http/headers.ts'

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' },
  example,
})
const keyHeader = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description })

/** The components that do not depend on routes. */
export const SHARED = {
  headers: {
    [HEADERS.REQUEST_ID]: header(
      'The id of the request, made by the service.',
      'req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11',
    ),
    'Cache-Control': header('Nothing here may be cached.', 'no-store'),
    [HEADERS.AUDIT_ID]: header(
      'The id of the audit record; only where an admin acts, or the customer has its say on that.',
      'aud_4fJq0ZkPz7Xn2wB9sVtYcD',
    ),
    [HEADERS.BOOKMARK]: header(
      'How far the database is by now; only of what succeeds, where read replication is on or the request sends one. It may be sent back and need not: every request sees all writes before it.',
      '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683',
    ),
    [HEADERS.REPLAYED]: header('This is the answer that the first request with this key got.', 'true'),
    [HEADERS.RETRY_AFTER]: header('Seconds after which to try again.', '5'),
  },
  securitySchemes: {
    client: keyHeader(HEADERS.CLIENT_ID, 'The id of a registered client.'),
    session: { type: 'http', scheme: 'bearer', description: 'The `auth_token` of a login.' },
    page: keyHeader(
      HEADERS.REQUESTED_WITH,
      `\`${OWN_PAGE}\`: a page of this service calls, in a browser, which adds \`Sec-Fetch-Site: same-origin\` by itself. No secret.`,
    ),
    cookie: {
      type: 'apiKey',
      in: 'cookie',
      name: SESSION_COOKIE,
      description: 'The session of a browser that logged in. Scripts of the page cannot read it.',
    },
    adminKey: keyHeader(HEADERS.ADMIN_KEY, 'An admin API key, `stw_admin_...`.'),
    customer: keyHeader(HEADERS.CUSTOMER_ID, 'The uid of the customer to act for.'),
    customerKey: keyHeader(HEADERS.CUSTOMER_KEY, 'A customer’s own key, `stw_customer_...`.'),
  } satisfies Record<Credential, object>,
}
