import { inArray, sql } from 'drizzle-orm'
import * as z from 'zod'
import { ROLE_SCOPES, type Role, SCOPES, type Scope } from '../../auth/permissions.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { AppError, FIELD_TEXT, type FieldErrors } from '../../errors.ts'
import { addressRange, flag, moment, name, uid } from '../../http/fields/inputs.ts'

/** Limits on what every request with the key is checked against. */
const MAX_RANGES = 100
const MAX_CUSTOMERS = 1_000
const MAX_SCOPES = 100

/** A new key; what is left out does not limit it. */
export const apiKeyBody = () =>
  z
    .strictObject({
      name: name(),
      scopes: z.array(z.enum(SCOPES)).min(1, FIELD_TEXT.blank).max(MAX_SCOPES).nullish(),
      customers: z.array(uid()).min(1, FIELD_TEXT.blank).max(MAX_CUSTOMERS).nullish(),
      ip_allow: z.array(addressRange()).max(MAX_RANGES).nullish(),
      ip_deny: z.array(addressRange()).max(MAX_RANGES).nullish(),
      expires_at: moment().nullish(),
      require_reason: flag().nullish(),
    })
    .transform((input) => ({
      name: input.name,
      scopes: input.scopes ?? undefined,
      customers: input.customers ?? undefined,
      ipAllow: input.ip_allow ?? undefined,
      ipDeny: input.ip_deny ?? undefined,
      expiresAt: input.expires_at ?? undefined,
      requireReason: input.require_reason ?? undefined,
    }))

/** The properties of a new key. Those that are left out do not limit it. */
export interface ApiKeyInput {
  name: string
  scopes?: Scope[] | undefined
  customers?: string[] | undefined
  ipAllow?: string[] | undefined
  ipDeny?: string[] | undefined
  expiresAt?: number | undefined
  requireReason?: boolean | undefined
}

/**
 * Checks the input for a key against the database, the owner's role and the clock.
 * @throws AppError invalid: a scope beyond the owner's role, a customer that does not exist, an end that has passed
 */
export async function checkInput(db: Database, role: Role, input: ApiKeyInput, now: number): Promise<void> {
  const fields: FieldErrors = {}
  const isCovered = (scope: Scope) => ROLE_SCOPES[role].includes(scope)
  if (input.scopes?.some((scope) => !isCovered(scope))) fields.scopes = [FIELD_TEXT.notIncluded]
  if (input.expiresAt !== undefined && input.expiresAt <= now) fields.expires_at = ['must be in the future']
  const known = new Set(await knownCustomers(db, input.customers ?? []))
  input.customers?.forEach((uid, index) => {
    if (!known.has(uid)) fields[`customers.${index}`] = [FIELD_TEXT.notIncluded]
  })
  if (Object.keys(fields).length > 0) throw new AppError('invalid', { fields })
}

async function knownCustomers(db: Database, uids: string[]): Promise<string[]> {
  if (uids.length === 0) return []
  const given = sql`(SELECT value FROM json_each(${JSON.stringify(uids)}))`
  const rows = await db.select({ uid: customers.uid }).from(customers).where(inArray(customers.uid, given))
  return rows.map(({ uid }) => uid)
}
