import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { randomUid } from '../crypto/random.ts'
import type { FieldErrors } from '../errors.ts'
import { countValue, textValue, uidValue } from '../http/schemas.ts'
import type { Validated } from '../http/validation.ts'
import type { ContactInput } from './contacts.service.ts'

/** How much goes to D1 in one round trip: others wait meanwhile, so not all at once. */
const ROWS_PER_TRIP = 1_000

/** Characters of one JSON parameter, three bytes each at most; D1 takes 2 MB (https://developers.cloudflare.com/d1/platform/limits/). */
const PARAMETER_LENGTH = 600_000

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

/** What came of many rows, each by itself. */
export const bulkOutcome = () => ({
  created: countValue(),
  updated: countValue(),
  invalid: countValue(),
  results: z.array(bulkResult()),
})

type BulkResult = z.output<ReturnType<typeof bulkResult>>
export type BulkOutcome = z.output<z.ZodObject<ReturnType<typeof bulkOutcome>>>

/** What came of one row. */
export type RowOutcome = { email: string; uid: string; isNew: boolean } | { errors: FieldErrors }

/**
 * Writes rows by the thousand; if a trip fails, those before it stay. A trip gets what its valid rows say and gives
 * the way to tell what came of each, in the order of the rows. There is one trip at least.
 */
export async function inTrips<Input>(
  rows: Validated<Input>[],
  trip: (inputs: Input[]) => Promise<(input: Input) => RowOutcome>,
): Promise<BulkOutcome> {
  const results: BulkResult[] = []
  do {
    const part = rows.slice(results.length, results.length + ROWS_PER_TRIP)
    const outcomeOf = await trip(part.flatMap((row) => (row.fields ? [] : [row.data])))
    for (const row of part) {
      results.push(resultOf(results.length + 1, row.fields ? { errors: row.fields } : outcomeOf(row.data)))
    }
  } while (results.length < rows.length)
  const count = (result: BulkResult['result']) => results.filter((row) => row.result === result).length
  return { created: count('created'), updated: count('updated'), invalid: count('invalid'), results }
}

function resultOf(row: number, outcome: RowOutcome): BulkResult {
  if ('errors' in outcome) return { row, result: 'invalid', errors: outcome.errors }
  const { email, uid, isNew } = outcome
  return { row, email, result: isNew ? 'created' : 'updated', uid }
}

/** What one row says, as SQL reads it. What it does not say is undefined. */
export interface Upsert extends Partial<Omit<ContactInput, 'fields'>> {
  /** What the row is about: rows with the same key are about the same. */
  key: string
  /** As JSON text, so that SQLite keeps it as it is. */
  fields?: string | undefined
  contactUid?: string | undefined
  status?: string | undefined
}

/** For SQL, on a row of `json_each(...) AS row`: what it says; null if it says nothing or null. */
export const said = (name: keyof Upsert | 'uid') => sql`row.value ->> ${sql.raw(`'$.${name}'`)}`

/** For SQL, on a row of `json_each(...) AS row`: whether it says something, be it null. */
export const says = (name: keyof Upsert) => sql`json_type(row.value, ${sql.raw(`'$.${name}'`)}) IS NOT NULL`

/** What rows say, as JSON for `json_each(...) AS row`, each contact with a `uid` that it gets if it is new. */
export interface Sayings {
  /** All of it, in arrays that are short enough for a parameter each. */
  parameters: string[]
  /** Only what the contacts are known by: short enough for one. */
  identities: string
}

/** Of rows about the same, what a later one says goes over what an earlier one said. */
export function sayingsOf(upserts: Upsert[]): Sayings {
  const byKey = new Map<string, Upsert & { uid: string }>()
  for (const upsert of upserts) {
    const sayings = Object.entries(upsert).filter(([, value]) => value !== undefined)
    byKey.set(upsert.key, {
      uid: randomUid(),
      ...byKey.get(upsert.key),
      ...(Object.fromEntries(sayings) as unknown as Upsert),
    })
  }
  const all = [...byKey.values()]
  const identities = all.map(({ key, uid, contactUid, email }) => ({ key, uid, contactUid, email }))
  return { parameters: inParameters(all), identities: JSON.stringify(identities) }
}

function inParameters(rows: object[]): string[] {
  const parameters: string[][] = []
  let room = 0
  for (const json of rows.map((row) => JSON.stringify(row))) {
    const current = parameters.at(-1)
    if (current && json.length < room) current.push(json)
    else {
      parameters.push([json])
      room = PARAMETER_LENGTH
    }
    room -= json.length + 1
  }
  return parameters.map((items) => `[${items.join()}]`)
}
