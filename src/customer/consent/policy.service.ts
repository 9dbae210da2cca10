import { and, eq, ne } from 'drizzle-orm'
import * as z from 'zod'
import type { CustomerScope } from '../../auth/customer-scope.ts'
import { once } from '../../base/once.ts'
import { customers, SUPPORT_ACCESS, type SupportAccess } from '../../db/schema/customers.ts'
import { orUnknown } from '../../errors.ts'
import { timestamp } from '../../http/envelopes.ts'
import { timeValue } from '../../http/fields/values.ts'

/** What a customer lets staff do without asking. */
export const policyObject = once(() =>
  z
    .object({ policy: z.enum(SUPPORT_ACCESS), updated_at: timeValue().nullable() })
    .meta({ id: 'SupportAccess' }),
)
type Policy = z.infer<ReturnType<typeof policyObject>>

const selectPolicy = ({ db, uid }: CustomerScope) =>
  db
    .select({ policy: customers.supportAccess, updatedAt: customers.supportAccessUpdatedAt })
    .from(customers)
    .where(eq(customers.uid, uid))

type Row = Awaited<ReturnType<typeof selectPolicy>>[number]

const present = (row: Row | undefined): Policy => {
  const { policy, updatedAt } = orUnknown(row, 'customer_unknown')
  return { policy, updated_at: timestamp(updatedAt) }
}

export async function getPolicy(scope: CustomerScope): Promise<Policy> {
  const { own } = await scope.read({ own: selectPolicy(scope) })
  return present(own[0])
}

/** Chooses a policy: every request of staff is held to it from the next one on. The same again changes nothing. */
export async function setPolicy(scope: CustomerScope, policy: SupportAccess, now: number) {
  const { db, uid } = scope
  const { old, own } = await scope.write({
    before: { old: selectPolicy(scope) },
    statements: [
      db
        .update(customers)
        .set({ supportAccess: policy, supportAccessUpdatedAt: now, updatedAt: now })
        .where(and(eq(customers.uid, uid), ne(customers.supportAccess, policy))),
    ],
    after: { own: selectPolicy(scope) },
  })
  return { before: present(old[0]), after: present(own[0]) }
}
