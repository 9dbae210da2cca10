import { count } from 'drizzle-orm'
import * as z from 'zod'
import { once } from '../../base/once.ts'
import { paged, sortKey } from '../../db/paging.ts'
import type { Reader } from '../../db/reader.ts'
import { clients } from '../../db/schema/staff.ts'
import { timestamp } from '../../http/envelopes.ts'
import { textValue, timeValue } from '../../http/fields/values.ts'
import { type Page, type PageQuery, pageOf, pageRequest } from '../../http/pagination.ts'

type Row = typeof clients.$inferSelect

/** A client as a super_admin sees it. */
export const clientObject = once(() =>
  z
    .object({
      id: textValue('client_4fJq0ZkPz7Xn2wB9sVtYcD'),
      name: textValue('Back office'),
      disabled: z.boolean().meta({ examples: [false] }),
      require_bound_signatures: z.boolean().meta({ examples: [false] }),
      previous_secret_expires_at: timeValue()
        .nullable()
        .meta({ examples: [null] }),
      created_at: timeValue(),
    })
    .meta({ id: 'Client' }),
)
export type ClientRecord = z.infer<ReturnType<typeof clientObject>>

/** A client with its secret, which is shown only once. */
export const newClientObject = once(() =>
  clientObject()
    .extend({ secret: textValue('...') })
    .meta({ id: 'NewClient' }),
)
export type IssuedClient = z.infer<ReturnType<typeof newClientObject>>

const BY_AGE = sortKey({ createdAt: clients.createdAt, id: clients.id })

/** Returns the clients by age. */
export async function listClients(reader: Reader, query: PageQuery): Promise<Page<ClientRecord>> {
  const { db } = reader
  const page = pageRequest(query, BY_AGE)
  const { rows, total } = await reader.read({
    rows: paged(db.select().from(clients).$dynamic(), BY_AGE, page),
    total: db.select({ rows: count() }).from(clients),
  })
  return pageOf(rows, total[0]?.rows ?? 0, page, BY_AGE, presentClient)
}

export const presentClient = (row: Row): ClientRecord => ({
  id: row.id,
  name: row.name,
  disabled: row.disabledAt !== null,
  require_bound_signatures: row.requireBoundSignatures,
  previous_secret_expires_at: timestamp(row.previousSecretExpiresAt),
  created_at: timestamp(row.createdAt),
})
