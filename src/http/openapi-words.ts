import * as z from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Access } from './annotations.ts'

export const INFO = {
  title: 'Steward',
  version: '1.0.0',
  summary:
    'The admin plane of a multi-tenant API: staff accounts, admin API keys, and audited action for customers.',
  license: { name: 'MIT', identifier: 'MIT' },
}

/** What a body may come as, wherever one is taken. */
export const BODY_TYPES = [
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data',
] as const

/** The parts of the service by the paths they have; the longest prefix that fits names a route's part. */
const PARTS: readonly [prefix: string, name: string, description: string][] = [
  ['/', 'Operations', 'Whether the service is well, and what it offers.'],
  ['/lists', 'Lists', 'The mailing lists of a customer and who is on them.'],
  ['/contacts', 'Contacts', 'The people a customer writes to.'],
  [
    '/account',
    'Account',
    'The customer itself: its account, its API keys, and what staff did on its behalf.',
  ],
  ['/api_keys', 'Account', ''],
  ['/access_log', 'Account', ''],
  ['/admin', 'Admins', 'Staff accounts, their passwords and sessions.'],
  ['/admin/api_keys', 'Admin API keys', 'Keys with which the scripts of an admin act for customers.'],
  ['/admin/clients', 'Clients', 'Registered callers of the admin surface, who sign what they send.'],
  ['/admin/customers', 'Customers', 'The customers, as staff manage them.'],
  ['/admin/audit', 'Audit', 'The trail of all that was done.'],
]

export const TAGS = PARTS.filter(([, , description]) => description !== '').map(([, name, description]) => ({
  name,
  description,
}))

/** The part of the service that a path belongs to. */
export function tagOf(path: string): string {
  const fits = PARTS.filter(([prefix]) => prefix === '/' || path === prefix || path.startsWith(`${prefix}/`))
  return fits.sort(([a], [b]) => b.length - a.length)[0]?.[1] ?? 'Operations'
}

const DEPENDENCIES = ['internal', 'dependency_unavailable'] as const
const ADMIN_CALLER = [
  'client_unknown',
  'checksum_missing',
  'checksum_mismatch',
  'checksum_expired',
  'checksum_replayed',
  'body_too_large',
  ...DEPENDENCIES,
  'audit_unavailable',
] as const

interface RequestWords {
  errors: readonly ErrorCode[]
  headers: Record<string, z.ZodType>
  /** Headers of the answers beside those that all have, by name. */
  answerHeaders?: Record<string, { $ref: string }>
}

interface AccessWords extends RequestWords {
  security: Record<string, string[]>[]
}

const checksum = z
  .string()
  .regex(/^(t=\d{1,12},v2=)?[0-9A-Fa-f]{64}$/)
  .optional()
  .meta({
    description:
      'Hex of HMAC-SHA-256, keyed with the client’s secret, over the raw bytes of the body; needed where there is a body. Or `t=<unix seconds>,v2=<hex>`, over the lines time, method, path with query, hex SHA-256 of the body and of the `Authorization` value, each ended by LF: good for 300 seconds, and once where something changes. A client can be made to need that with every call.',
    examples: ['c7fcdf56042cb70ec7c377f24889276ff0e73669282b80f62bbbab70eb3c835a'],
  })

const reason = z
  .string()
  .max(500)
  .optional()
  .meta({
    description: 'Why the holder of an admin key calls, a ticket say; kept in the audit trail.',
    examples: ['Ticket 4711'],
  })

/** What a call with an admin key can be refused for before it is known what it asks. */
const ADMIN_KEY = [
  'credentials_ambiguous',
  'credentials_malformed',
  'key_invalid',
  'scope_insufficient',
] as const

/** What the document says of a route by who may call it. */
export const ACCESS_WORDS: Record<Access['kind'], AccessWords> = {
  public: { errors: ['internal', 'method_not_allowed'], security: [], headers: {} },
  client: {
    errors: [...ADMIN_CALLER, ...ADMIN_KEY],
    security: [{ client: [] }],
    headers: { 'SWI-CS': checksum },
  },
  admin: {
    errors: [
      ...ADMIN_CALLER,
      'session_invalid',
      'forbidden',
      'password_change_required',
      ...ADMIN_KEY,
      'ip_refused',
      'reason_missing',
      'reason_invalid',
    ],
    security: [{ client: [], session: [] }, { adminKey: [] }],
    headers: { 'SWI-CS': checksum, 'X-ADMIN-REASON': reason },
  },
  customer: {
    errors: [
      'credentials_missing',
      'credentials_ambiguous',
      'credentials_malformed',
      'customer_id_missing',
      'admin_key_missing',
      'reason_missing',
      'reason_invalid',
      'key_invalid',
      'ip_refused',
      'scope_insufficient',
      'customer_inactive',
      'customer_unknown',
      ...DEPENDENCIES,
      'audit_unavailable',
    ],
    security: [{ customerKey: [] }, { adminKey: [], customer: [] }],
    answerHeaders: {
      'X-Audit-Id': { $ref: '#/components/headers/X-Audit-Id' },
      'X-D1-Bookmark': { $ref: '#/components/headers/X-D1-Bookmark' },
    },
    headers: { 'X-ADMIN-REASON': reason },
  },
}

/** What the document says of a route whose requests can be repeated without being done twice. */
export const REPEATABLE_WORDS: RequestWords = {
  answerHeaders: { 'Idempotent-Replayed': { $ref: '#/components/headers/Idempotent-Replayed' } },
  errors: ['idempotency_key_invalid', 'idempotency_key_reused'],
  headers: {
    'Idempotency-Key': z
      .string()
      .regex(/^[!-~]{1,255}$/)
      .optional()
      .meta({
        description:
          'Makes the request safe to repeat: for 24 hours the same key with the same request gives the first answer again. It belongs to the API key that the request is made with.',
        examples: ['8e03978e-40d5-43e8-bc93-6894a57f9324'],
      }),
  },
}

/** Headers of every answer. */
export const ANSWER_HEADERS = {
  'X-Request-Id': { $ref: '#/components/headers/X-Request-Id' },
  'Cache-Control': { $ref: '#/components/headers/Cache-Control' },
}

const header = (description: string, example: string) => ({
  description,
  schema: { type: 'string' },
  example,
})
const keyHeader = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description })

/** The components that need no route to be known. */
export const SHARED = {
  headers: {
    'X-Request-Id': header(
      'The id of the request, made by the service.',
      'req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11',
    ),
    'Cache-Control': header('Nothing here may be cached.', 'no-store'),
    'X-Audit-Id': header(
      'The id of the audit record; only where an admin acts.',
      'aud_4fJq0ZkPz7Xn2wB9sVtYcD',
    ),
    'X-D1-Bookmark': header(
      'How far the database is by now; only of what succeeds. It may be sent back and need not: every request sees all writes before it.',
      '00000085-0000024c-00004c6d-8e61117bf38d7adb71b934ebbf891683',
    ),
    'Idempotent-Replayed': header('This is the answer that the first request with this key got.', 'true'),
    'Retry-After': header('Seconds after which to try again.', '5'),
  },
  securitySchemes: {
    client: keyHeader('SWI-CID', 'The id of a registered client.'),
    session: { type: 'http', scheme: 'bearer', description: 'The `auth_token` of a login.' },
    adminKey: keyHeader('X-ADMIN-API-KEY', 'An admin API key, `stw_admin_...`.'),
    customer: keyHeader('X-CUSTOMER-ID', 'The uid of the customer to act for.'),
    customerKey: keyHeader('X-API-KEY', 'A customer’s own key, `stw_customer_...`.'),
  },
}
