import { getTableName, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import { expect, test } from 'vitest'
import { ownedTables, ownedTablesOf } from '../../src/db/owned-tables.ts'

const owner = () => text('customer_uid').notNull()

const shops = sqliteTable('shops', { id: integer('id').primaryKey(), customerUid: owner() })

const goods = sqliteTable('goods', {
  id: integer('id').primaryKey(),
  customerUid: owner(),
  shop: integer('shop').references(() => shops.id),
})

const stocks = sqliteTable(
  'stocks',
  { shop: integer('shop'), good: integer('good'), customerUid: owner() },
  (table) => [primaryKey({ columns: [table.shop, table.good] })],
)

const mentions = sqliteTable('mentions', {
  id: integer('id').primaryKey(),
  customerUid: text('customer_uid').generatedAlwaysAs(sql`entry ->> '$.customer_uid'`),
})

const staff = sqliteTable('staff', { id: integer('id').primaryKey() })

const orderOf = (schema: Record<string, unknown>) =>
  ownedTablesOf(schema).map(({ table }) => getTableName(table))

test.each([
  { of: 'a table that refers to another before that', schema: { shops, goods }, order: ['goods', 'shops'] },
  { of: 'what joins others first', schema: { goods, shops, stocks }, order: ['stocks', 'goods', 'shops'] },
  {
    of: 'nothing but what a customer owns',
    schema: { staff, mentions, shops, ROLES: ['admin'] },
    order: ['shops'],
  },
])('customers’ tables are given for deletion, $of', ({ schema, order }) => {
  expect(orderOf(schema)).toEqual(order)
})

test('members of lists are deleted before lists and contacts, whose triggers would delete them', () => {
  const order = ownedTables().map(({ table }) => getTableName(table))
  expect(order).toContain('lists')
  expect(order.indexOf('list_contacts')).toBeLessThan(order.indexOf('contacts'))
  expect(order.indexOf('list_contacts')).toBeLessThan(order.indexOf('lists'))
})
