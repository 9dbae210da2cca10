import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'

/** Values that the tables ask for, where any text or number will not do. */
const VALUES: Record<string, Record<string, string | number>> = {
  customers: { company: '{}' },
  audit_entries: {
    seq: 1,
    entry: '{"seq":1,"id":"aud_1","stage":"received","time":"2026-01-01T00:00:00.000Z"}',
    prev_hash: '0'.repeat(64),
  },
  audit_segments: { first_seq: 1, last_seq: 1 },
}

interface Column {
  name: string
  type: string
  /** 0: neither generated nor of SQLite's own. */
  hidden: number
}

interface ForeignKey {
  table: string
  from: string
  to: string
}

const all = async <Row>(sql: string) => (await env.DB.prepare(sql).all<Row>()).results

const namesOf = async (type: 'table' | 'trigger' | 'index') => {
  const rows = await all<{ name: string }>(
    `SELECT name FROM sqlite_master WHERE type = '${type}' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_cf%' ESCAPE '\\'
     AND name <> 'd1_migrations' ORDER BY rowid`,
  )
  return rows.map(({ name }) => name)
}

/** Inserts a row, and those that it refers to, unless the table has one: a trigger may have made it. */
async function seed(table: string): Promise<void> {
  if ((await all(`SELECT 1 FROM ${table} LIMIT 1`)).length > 0) return
  const keys = await all<ForeignKey>(`PRAGMA foreign_key_list(${table})`)
  for (const key of keys) if (key.table !== table) await seed(key.table)
  const columns = (await all<Column>(`PRAGMA table_xinfo(${table})`)).filter(({ hidden }) => hidden === 0)
  const values = columns.map(({ name, type }) => {
    const key = keys.find(({ from }) => from === name)
    if (key) return `(SELECT ${key.to} FROM ${key.table} LIMIT 1)`
    const value = VALUES[table]?.[name] ?? (type.toUpperCase() === 'INTEGER' ? 1 : `a ${name}`)
    return typeof value === 'number' ? `${value}` : `'${value}'`
  })
  const names = columns.map(({ name }) => `"${name}"`)
  await env.DB.prepare(`INSERT INTO ${table} (${names.join()}) VALUES (${values.join()})`).run()
}

// A table that is rebuilt loses its triggers, and its rows' children where a key cascades.
test('the newest migration keeps every row, trigger and index', async () => {
  const migrations = env.TEST_MIGRATIONS
  const newest = migrations.slice(1).slice(-1)
  await reset()
  await applyD1Migrations(env.DB, migrations.slice(0, migrations.length - newest.length))
  const [tables, triggers, indexes] = [
    await namesOf('table'),
    await namesOf('trigger'),
    await namesOf('index'),
  ]
  expect(Math.min(tables.length, triggers.length, indexes.length)).toBeGreaterThan(15)
  for (const table of tables) await seed(table)
  await applyD1Migrations(env.DB, migrations)
  for (const table of tables) {
    const [{ rows } = { rows: 0 }] = await all<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)
    expect.soft(rows, table).toBeGreaterThan(0)
  }
  expect(await namesOf('trigger')).toEqual(expect.arrayContaining(triggers))
  expect(await namesOf('index')).toEqual(expect.arrayContaining(indexes))
})
