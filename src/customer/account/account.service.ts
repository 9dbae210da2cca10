import { eq } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { COMPANY_FIELDS, type Company, CUSTOMER_STATUSES, customers } from '../../db/schema/customers.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue, uidValue } from '../../http/fields/values.ts'

const companyObject = () =>
  z.object({
    name: textValue('Analytical Engines').nullable(),
    address: textValue('12 St James’s Square').nullable(),
    city: textValue('London').nullable(),
    state: textValue('England').nullable(),
    zip: textValue('SW1Y 4JH').nullable(),
    country: textValue('GB').nullable(),
    phone: textValue('+44 20 7946 0000').nullable(),
    website: textValue('https://engines.example').nullable(),
  } satisfies Record<(typeof COMPANY_FIELDS)[number], z.ZodType>)

/** A customer as it sees itself. */
export const accountObject = once(() =>
  z
    .object({
      customer_uid: uidValue(),
      first_name: textValue('Ada'),
      last_name: textValue('Lovelace'),
      email: textValue('ada@example.com'),
      timezone: textValue('Europe/London'),
      status: z.enum(CUSTOMER_STATUSES),
      group: textValue('trial').nullable(),
      company: companyObject().nullable(),
      created_at: timeValue(),
      updated_at: timeValue(),
    })
    .meta({ id: 'Account' }),
)
export type Account = z.infer<ReturnType<typeof accountObject>>

export async function getAccount(scope: CustomerScope): Promise<Account> {
  const own = scope.db.select().from(customers).where(eq(customers.uid, scope.uid))
  const { own: rows } = await scope.read({ own })
  return presentAccount(orUnknown(rows[0], 'customer_unknown'))
}

export const presentAccount = (row: typeof customers.$inferSelect): Account => ({
  customer_uid: row.uid,
  first_name: row.firstName,
  last_name: row.lastName,
  email: row.email,
  timezone: row.timezone,
  status: row.status,
  group: row.group,
  company: row.company && presentCompany(row.company),
  created_at: timestamp(row.createdAt),
  updated_at: timestamp(row.updatedAt),
})

const presentCompany = (company: Company) =>
  Object.fromEntries(COMPANY_FIELDS.map((field) => [field, company[field] ?? null])) as Required<Company>
