import { applyD1Migrations, reset } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach } from 'vitest'
import { watchLog } from './bindings/logged.ts'

const TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'd1_migrations'"

/** Wipes the storage, and makes sure of it: in some thousand times `reset` has been seen to leave it as it was. */
async function emptied(attempts = 5): Promise<void> {
  await reset()
  const { results } = await env.DB.prepare(TABLES).all()
  if (results.length === 0) return
  if (attempts === 1) throw new Error('the storage of the test before this one cannot be wiped')
  await emptied(attempts - 1)
}

beforeEach(async () => {
  await emptied()
  await env.SENT_MAIL.clear()
  await applyD1Migrations(env.DB, env.TEST_MIGRATIONS)
})

watchLog()
