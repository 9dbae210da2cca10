import * as z from 'zod'
import { once } from '../../base/once.ts'
import { GRANT_MODES } from '../../db/schema/grants.ts'
import { timeValue } from '../../http/fields/values.ts'
import { RESULTS, type TrailEvent } from '../recording/event.ts'
import { MAX_TEXT } from '../recording/recordable.ts'

/** The version of new entries. */
export const ENTRY_VERSION: 3 = 3

/** The `prev_hash` of the first entry of a trail. */
export const GENESIS_HASH = '0'.repeat(64)

/** A field of an entry. */
interface Field<Schema extends z.ZodType> {
  schema: Schema
  read: (event: TrailEvent, seq: number) => z.output<Schema>
}

const field = <Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  read: Field<Schema>['read'],
): Field<Schema> => ({ schema: schema.meta({ description, ...schema.meta() }), read })

const text = (example: string) =>
  z
    .string()
    .max(MAX_TEXT)
    .meta({ examples: [example] })
const nullableText = (example: string) => text(example).nullable()
const id = (pattern: RegExp, example: string) =>
  z
    .string()
    .regex(pattern)
    .meta({ examples: [example] })
const hash = (example: string) => id(/^[0-9a-f]{64}$/, example)

/** The fields that a version of the entry began with: those of the versions before it do not have them. */
export const FIELDS_SINCE = { 2: ['changes', 'replayed', 'rows'], 3: ['grant_id', 'mode'] } as const

/**
 * The fields of an entry, in the order of its canonical text. The entry, its schemas and the columns of the export
 * follow from this table; a new field goes where it belongs and begins another version.
 */
export const entryFields = once(() => ({
  seq: field(
    'The number of the entry in the trail: 1, 2, 3 and so on, without a gap.',
    z.int().positive(),
    (_, seq) => seq,
  ),
  v: field(
    `The version of the entry. Version 2 began with ${FIELDS_SINCE[2].join(', ')}, version 3 with ${FIELDS_SINCE[3].join(', ')}.`,
    z.union([z.literal(1), z.literal(2), z.literal(ENTRY_VERSION)]),
    () => ENTRY_VERSION,
  ),
  id: field(
    'The act. Its entries share it, and the caller got it as X-Audit-Id.',
    id(/^aud_\w{22}$/, 'aud_4fJq0ZkPz7Xn2wB9sVtYcD'),
    (event) => event.id,
  ),
  stage: field(
    'received: about to run. completed: over, the outcome is known. checkpoint: older entries were pruned.',
    z.enum(['received', 'completed', 'checkpoint']),
    (event) => event.stage,
  ),
  time: field(
    "When, by the service's clock: RFC 3339, UTC, milliseconds.",
    timeValue(),
    (event) => event.time,
  ),
  actor_type: field(
    'Who acted; customer: the customer itself, anonymous: nobody was logged in, system: the service itself.',
    z.enum(['admin', 'customer', 'anonymous', 'system']),
    ({ actor }) => actor.type,
  ),
  admin_id: field(
    'The admin who acted, or whose key it was.',
    z.int().nullable(),
    ({ actor }) => actor.admin_id,
  ),
  role: field(
    "The admin's role at that moment.",
    nullableText('customer_success'),
    ({ actor }) => actor.role,
  ),
  api_key_id: field(
    'The API key that was used, of the admin or of the customer itself; null: a session, or a link.',
    nullableText('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
    ({ actor }) => actor.api_key_id,
  ),
  grant_id: field(
    'The access grant that the act was done under, or is about.',
    nullableText('gra_4fJq0ZkPz7Xn2wB9sVtYcD').optional(),
    ({ grant }) => grant?.id ?? null,
  ),
  mode: field(
    'What that grant lets its owner do.',
    z.enum(GRANT_MODES).nullable().optional(),
    ({ grant }) => grant?.mode ?? null,
  ),
  customer_uid: field(
    'The customer on whose behalf or about whom.',
    nullableText('xj35478ymfe15'),
    (event) => event.customer_uid,
  ),
  target_type: field(
    'What the act is about, or what it made: admin, api_key, list, ...; entries: a checkpoint.',
    nullableText('api_key'),
    ({ target }) => target?.type ?? null,
  ),
  target_id: field(
    'Which one; of a checkpoint the range that was pruned, such as 1-500.',
    nullableText('key_4fJq0ZkPz7Xn2wB9sVtYcD'),
    ({ target }) => target?.id ?? null,
  ),
  changes: field(
    'What a change of staff, keys, clients or customers changed: each field with its value before and after. Secrets and personal data are not shown.',
    z
      .record(z.string(), z.array(z.unknown()).length(2))
      .nullable()
      .optional()
      .meta({ examples: [{ role: ['admin', 'super_admin'] }] }),
    (event) => event.changes,
  ),
  replayed: field(
    'Whether the answer was that of an earlier request with the same Idempotency-Key.',
    z.boolean().optional(),
    (event) => event.replayed,
  ),
  method: field('The HTTP method.', text('GET'), ({ action }) => action.method),
  route: field(
    'The endpoint, such as /lists/:uid; null: there is none for this path.',
    nullableText('/lists/:uid'),
    ({ action }) => action.route,
  ),
  path: field(
    "The path as it was called, with the names of the query's parameters and without their values.",
    text('/lists/xj35478ymfe15'),
    ({ action }) => action.path,
  ),
  request_id: field(
    "The request: the answer's X-Request-Id.",
    text('req_3f0e8c1e-8a52-4f0c-9a57-0d3f5d2f8b11'),
    ({ request }) => request.id,
  ),
  ip: field("The caller's address.", nullableText('203.0.113.7'), ({ request }) => request.ip),
  country: field(
    'The country of the address, as Cloudflare tells it.',
    nullableText('DE'),
    ({ request }) => request.country,
  ),
  colo: field('The Cloudflare location that answered.', nullableText('FRA'), ({ request }) => request.colo),
  user_agent: field(
    "The caller's User-Agent.",
    nullableText('curl/8.15.0'),
    ({ request }) => request.user_agent,
  ),
  reason: field(
    'Why: X-ADMIN-REASON, or the reason of the access grant.',
    nullableText('Ticket 4711'),
    ({ request }) => request.reason,
  ),
  status: field(
    'The HTTP status of the answer; null: not known at this stage.',
    z
      .int()
      .min(100)
      .max(599)
      .nullable()
      .meta({ examples: [200] }),
    ({ outcome }) => outcome?.status ?? null,
  ),
  result: field(
    'What the status stands for; refused: 401, 403, 429, and whatever was refused before an endpoint ran. unknown, since version 3: an attached API did not answer a change, so nobody knows whether it was made.',
    z.enum(RESULTS).nullable(),
    ({ outcome }) => outcome?.result ?? null,
  ),
  duration_ms: field(
    'Milliseconds from the request to the answer.',
    z.number().nonnegative().nullable(),
    ({ outcome }) => outcome?.duration_ms ?? null,
  ),
  rows: field(
    'Of a streamed answer: how many rows left.',
    z.int().nonnegative().nullable().optional(),
    ({ outcome }) => outcome?.rows ?? null,
  ),
  pruned_to_seq: field(
    'Of a checkpoint: the last entry that was pruned. All before it are gone too.',
    z.int().positive().nullable(),
    ({ pruned }) => pruned?.toSeq ?? null,
  ),
  pruned_to_hash: field(
    'Of a checkpoint: the hash of that entry.',
    hash(GENESIS_HASH).nullable(),
    ({ pruned }) => pruned?.toHash ?? null,
  ),
}))

/** The members of an exported line that are no part of the canonical text. */
export const hashFields = once(() => ({
  prev_hash: hash(GENESIS_HASH).meta({
    description: 'The hash of the entry before this one; 64 zeros in the first.',
  }),
  hash: hash('6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b').meta({
    description:
      'Hex of SHA-256 over prev_hash and then this line without its last two members, as UTF-8: from the first brace to the comma before prev_hash, and a closing brace.',
  }),
}))

type Fields = ReturnType<typeof entryFields>
type EntryShape = { [Name in keyof Fields]: Fields[Name]['schema'] } & ReturnType<typeof hashFields>

/** An entry as the API and the export show it: one flat object, in the order of its fields. */
export const entryObject = once(() => {
  const fields = Object.entries(entryFields()).map(([name, { schema }]) => [name, schema])
  const shape = { ...Object.fromEntries(fields), ...hashFields() } as EntryShape
  return z.object(shape).meta({ id: 'AuditEntry' })
})
export type AuditEntry = z.infer<ReturnType<typeof entryObject>>

/** Returns the canonical text of an entry: always the same keys in the same order, so that one table fits all. */
export function canonicalText(seq: number, event: TrailEvent): string {
  const members = Object.entries(entryFields()).map(([name, { read }]) => [name, read(event, seq)])
  return JSON.stringify(Object.fromEntries(members))
}
