import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { customers } from '../src/db/schema/customers.ts'
import { adminSessions } from '../src/db/schema/staff.ts'
import worker from '../src/index.ts'
import { DAILY_CRON } from '../src/jobs.ts'
import settings from '../wrangler.toml?raw'
import { database, makeAdmin, makeCustomer, makeSession } from './support/factories.ts'

const run = (cron: string) => worker.scheduled({ cron } as ScheduledController, env)

test('the daily cron is one that the platform is told of', () => {
  const [, crons = ''] = /^crons = (.*)$/m.exec(settings) ?? []
  expect(JSON.parse(crons)).toContain(DAILY_CRON)
})

test('once a day deleted customers are purged and ended sessions forgotten', async () => {
  const kept = await makeCustomer()
  await makeCustomer()
  const { adminId } = await makeAdmin()
  await makeSession(adminId)
  await env.DB.prepare("UPDATE customers SET status = 'pending_delete', pending_delete_at = 1 WHERE uid <> ?")
    .bind(kept.uid)
    .run()
  await database().update(adminSessions).set({ expiresAt: 1 })
  await makeSession(adminId)

  await run('*/5 * * * *')
  expect(await database().select().from(customers)).toHaveLength(2)
  await run(DAILY_CRON)
  expect(await database().select().from(customers)).toMatchObject([{ uid: kept.uid }])
  expect(await database().select().from(adminSessions)).toHaveLength(1)
})
