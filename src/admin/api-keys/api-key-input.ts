import { sql } from 'drizzle-orm'
import * as z from 'zod'
import { ROLE_SCOPES, type Role, SCOPES, type Scope } from '../../auth/permissions.ts'
import type { Database } from '../../db/client.ts'
import { customers } from '../../db/schema/customers.ts'
import { FIELD_TEXT, type FieldErrors } from '../../errors.ts'
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

/** Returns the faults of an input by the owner's role and the clock: a scope beyond the role, an end that has passed. */
export function faultsOf(role: Role, input: ApiKeyInput, now: number): FieldErrors {
  const isCovered = (scope: Scope) => ROLE_SCOPES[role].includes(scope)
  const isScopeBeyond = input.scopes?.some((scope) => !isCovered(scope))
  const isOver = input.expiresAt !== undefined && input.expiresAt <= now
  return {
    ...(isScopeBeyond && { scopes: [FIELD_TEXT.notIncluded] }),
    ...(isOver && { expires_at: ['must be in the future'] }),
  }
}

/** Returns the query for those customers of an input that exist. */
export const selectNamedCustomers = (db: Database, { customers: uids = [] }: ApiKeyInput) =>
  db
    .select({ uid: customers.uid })
    .from(customers)
    .where(sql`${customers.uid} IN (SELECT value FROM json_each(${JSON.stringify(uids)}))`)

/** Returns the faults of an input whose customers are not all among these. */
export function faultsOfCustomers(
  { customers: uids = [] }: ApiKeyInput,
  existing: readonly { uid: string }[],
): FieldErrors {
  const known = new Set(existing.map(({ uid }) => uid))
  const faults = uids.map((uid, index): [string, string[]][] =>
    known.has(uid) ? [] : [[`customers.${index}`, [FIELD_TEXT.notIncluded]]],
  )
  return Object.fromEntries(faults.flat())
}
