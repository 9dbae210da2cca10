import * as z from 'zod'
import type { ErrorCode } from '../errors.ts'
import type { Access } from '../http/annotations.ts'
import { HEADERS } from '../http/headers.ts'

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
  /** Headers of the answers, besides those of every answer, by name. */
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
    description: 'Why an admin, or a script of theirs, calls: a ticket, say; kept in the audit trail.',
    examples: ['Ticket 4711'],
  })

/** The refusals of a call with an admin key, before its route is known. */
const ADMIN_KEY = [
  'credentials_ambiguous',
  'credentials_malformed',
  'key_invalid',
  'scope_insufficient',
] as const

/** The parts of an operation that follow from who may call it. */
export const ACCESS_WORDS: Record<Access['kind'], AccessWords> = {
  public: { errors: ['internal', 'method_not_allowed'], security: [], headers: {} },
  client: {
    errors: [...ADMIN_CALLER, ...ADMIN_KEY],
    security: [{ client: [] }],
    headers: { [HEADERS.SIGNATURE]: checksum },
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
    headers: { [HEADERS.SIGNATURE]: checksum, [HEADERS.REASON]: reason },
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
      'impersonation_stopped',
      'consent_required',
      ...DEPENDENCIES,
      'audit_unavailable',
    ],
    security: [{ customerKey: [] }, { adminKey: [], customer: [] }],
    answerHeaders: {
      [HEADERS.AUDIT_ID]: { $ref: '#/components/headers/X-Audit-Id' },
      [HEADERS.BOOKMARK]: { $ref: '#/components/headers/X-D1-Bookmark' },
    },
    headers: { [HEADERS.REASON]: reason },
  },
}

/** The parts of an operation that takes an `Idempotency-Key`. */
export const REPEATABLE_WORDS: RequestWords = {
  answerHeaders: { [HEADERS.REPLAYED]: { $ref: '#/components/headers/Idempotent-Replayed' } },
  errors: ['idempotency_key_invalid', 'idempotency_key_reused'],
  headers: {
    [HEADERS.IDEMPOTENCY_KEY]: z
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
