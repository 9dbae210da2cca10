import { Buffer } from 'node:buffer'
import { sql } from 'drizzle-orm'
import * as z from 'zod'
import type { FieldErrors } from '../../errors.ts'
import { countValue, textValue, uidValue } from '../../http/fields/values.ts'
import type { Validated } from '../../http/validation.ts'
import type { ContactInput } from '../contacts/contacts.service.ts'

/**
 * The most that goes to D1 in one round trip, because other requests wait meanwhile. The rows are one text parameter,
 * of at most two million bytes (https://developers.cloudflare.com/d1/platform/limits/).
 */
const ROWS_PER_TRIP = 1_000
const BYTES_PER_TRIP = 2_000_000

const bulkResult = () =>
  z.union([
    z.object({
      row: countValue(),
      email: textValue('ada@example.com'),
      result: z.enum(['created', 'updated']),
      uid: uidValue(),
    }),
    z.object({
      row: countValue(),
      result: z.literal('invalid'),
      errors: z.record(z.string(), z.array(z.string())),
    }),
  ])

/** The result of a bulk request, row by row. */
export const bulkOutcome = () => ({
  created: countValue(),
  updated: countValue(),
  invalid: countValue(),
  results: z.array(bulkResult()),
})

type BulkResult = z.output<ReturnType<typeof bulkResult>>
export type BulkOutcome = z.output<z.ZodObject<ReturnType<typeof bulkOutcome>>>

/** The result of one row. */
export type RowOutcome = { email: string; uid: string; isNew: boolean } | { errors: FieldErrors }

/**
 * Writes rows in round trips; if one fails, those before it stay. `trip` gets the parameters of its valid rows and
 * returns a function that gives the result of each, called in the order of the rows. There is at least one trip.
 */
export async function inTrips<Input, Row extends Upsert>(
  rows: Validated<Input>[],
  upsertOf: (input: Input) => Row,
  trip: (parameters: TripParameters) => Promise<(upsert: Row) => RowOutcome>,
): Promise<BulkOutcome> {
  const results: BulkResult[] = []
  do {
    const part = rowsOfTrip(rows, results.length, upsertOf)
    const outcomeOf = await trip(tripParameters(part.flatMap((row) => (row.fields ? [] : [row.data]))))
    for (const row of part) {
      results.push(resultOf(results.length + 1, row.fields ? { errors: row.fields } : outcomeOf(row.data)))
    }
  } while (results.length < rows.length)
  const count = (result: BulkResult['result']) => results.filter((row) => row.result === result).length
  return { created: count('created'), updated: count('updated'), invalid: count('invalid'), results }
}

/** Returns the rows of the next trip, at least one. */
function rowsOfTrip<Input, Row extends Upsert>(
  rows: Validated<Input>[],
  start: number,
  upsertOf: (input: Input) => Row,
): Validated<Row>[] {
  const part: Validated<Row>[] = []
  let bytes = '[]'.length
  for (const row of rows.slice(start, start + ROWS_PER_TRIP)) {
    const read = row.fields ? row : { data: upsertOf(row.data) }
    if (read.data) bytes += Buffer.byteLength(JSON.stringify(read.data)) + ','.length
    if (bytes > BYTES_PER_TRIP && part.length > 0) break
    part.push(read)
  }
  return part
}

function resultOf(row: number, outcome: RowOutcome): BulkResult {
  if ('errors' in outcome) return { row, result: 'invalid', errors: outcome.errors }
  const { email, uid, isNew } = outcome
  return { row, email, result: isNew ? 'created' : 'updated', uid }
}

/** A row as SQL reads it. Values that were not sent are undefined. */
export interface Upsert extends Partial<Omit<ContactInput, 'fields' | 'email'>> {
  /** Rows with the same key are about the same contact. */
  key: string
  /** The uid of the contact if it is new. */
  uid: string
  contactUid?: string | undefined
  email?: string | undefined
  /** JSON text, which SQLite keeps as it is. */
  fields?: string | undefined
  status?: string | undefined
}

/** SQL for a value of a row of `json_each(...) AS row`; null if it is missing or null. */
export const rowValue = (name: keyof Upsert) => sql`row.value ->> ${sql.raw(`'$.${name}'`)}`

/** SQL for whether a row of `json_each(...) AS row` has a value, which may be null. */
export const hasValue = (name: keyof Upsert) =>
  sql`json_type(row.value, ${sql.raw(`'$.${name}'`)}) IS NOT NULL`

/** The rows of a trip, merged by key, as JSON for `json_each(...) AS row`. */
export interface TripParameters {
  /** The contacts that rows name by email, with their new values. */
  contacts: string
  /** All contacts: what identifies them, and their statuses. */
  identities: string
}

/** Merges rows with the same key: later values win. */
function tripParameters(upserts: Upsert[]): TripParameters {
  const byKey = new Map<string, Upsert>()
  for (const upsert of upserts) {
    const known = byKey.get(upsert.key)
    byKey.set(upsert.key, known ? { ...known, ...withoutUndefined(upsert) } : upsert)
  }
  const all = [...byKey.values()]
  const contacts = all
    .filter(({ email }) => email !== undefined)
    .map(({ key, contactUid, status, ...contact }) => contact)
  const identities = all.map(({ key, uid, contactUid, email, status }) => ({
    key,
    uid,
    contactUid,
    email,
    status,
  }))
  return { contacts: JSON.stringify(contacts), identities: JSON.stringify(identities) }
}

const withoutUndefined = (upsert: Upsert): Partial<Upsert> =>
  Object.fromEntries(Object.entries(upsert).filter(([, value]) => value !== undefined))
