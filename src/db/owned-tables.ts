import { is, type SQL, sql } from 'drizzle-orm'
import { getTableConfig, type SQLiteColumn, SQLiteTable } from 'drizzle-orm/sqlite-core'
import { once } from '../base/once.ts'
import * as auditSchema from './schema/audit.ts'
import * as customersSchema from './schema/customers.ts'
import * as grantsSchema from './schema/grants.ts'
import * as listsSchema from './schema/lists.ts'
import * as staffSchema from './schema/staff.ts'

/** A table whose rows are customers'. */
export interface OwnedTable {
  table: SQLiteTable
  customerUid: SQLiteColumn
  /** The columns of its primary key, for SQL. */
  key: SQL
}

interface Candidate extends OwnedTable {
  isJoin: boolean
  refersTo: readonly SQLiteTable[]
}

/** Returns the tables of customers' rows, in an order in which they can be deleted. */
export const ownedTables = once(() =>
  ownedTablesOf({ ...auditSchema, ...customersSchema, ...grantsSchema, ...listsSchema, ...staffSchema }),
)

/**
 * Returns the tables of a schema that have a `customer_uid`, ordered for deletion: those that refer to others before
 * these. Rows that join others go first of all: triggers would delete them together with these, without a bound. A
 * generated `customer_uid`, as the audit trail has, is a mention and no ownership.
 */
export function ownedTablesOf(schema: Record<string, unknown>): OwnedTable[] {
  const owned = Object.values(schema).flatMap((table) => (is(table, SQLiteTable) ? candidate(table) : []))
  const left = [...owned.filter(({ isJoin }) => isJoin), ...owned.filter(({ isJoin }) => !isJoin)]
  const ordered: OwnedTable[] = []
  while (left.length > 0) ordered.push(...left.splice(nextOf(left), 1))
  return ordered
}

function candidate(table: SQLiteTable): Candidate[] {
  const { columns, primaryKeys, foreignKeys } = getTableConfig(table)
  const customerUid = columns.find(({ name, generated }) => name === 'customer_uid' && !generated)
  if (!customerUid) return []
  const key = primaryKeys[0]?.columns ?? columns.filter(({ primary }) => primary)
  const names = key.map(({ name }) => sql.identifier(name))
  return [
    {
      table,
      customerUid,
      key: sql.join(names, sql`, `),
      isJoin: key.length > 1,
      refersTo: foreignKeys.map((foreignKey) => foreignKey.reference().foreignTable),
    },
  ]
}

/** Returns the index of the first table that none of the others refers to. */
function nextOf(tables: readonly Candidate[]): number {
  const next = tables.findIndex(
    ({ table }) => !tables.some((other) => other.table !== table && other.refersTo.includes(table)),
  )
  if (next === -1) throw new Error('tables of customers refer to each other in a circle')
  return next
}
