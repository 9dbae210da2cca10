import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { counted } from '../../support/bindings/counted-bindings.ts'
import { ask } from '../../support/calls/grants.ts'
import { customerWithCallers, loggedIn } from '../../support/calls/http.ts'

/** Gives an account `count` grants for a customer, which were over long ago. */
const makeOldGrants = (adminId: number, customerUid: string, count: number) =>
  env.DB.prepare(
    `WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ?3)
     INSERT INTO access_grants (id, uid, customer_uid, admin_id, reason, mode, duration_seconds, break_glass,
       needs_customer, needs_colleague, requested_at, lapses_at, began_at, expires_at)
     SELECT 'gra_old' || n, 'old' || n, ?2, ?1, 'Ticket', 'read', 300, 0, 0, 0, n, n + 1, n, n + 2 FROM numbers`,
  )
    .bind(adminId, customerUid, count)
    .run()

test('what is live is found without a look at the grants of years', async () => {
  const boss = await loggedIn()
  const staff = await loggedIn('customer_success')
  const customer = await customerWithCallers()
  await makeOldGrants(staff.adminId, customer.uid, 2_000)

  const asked = await counted(staff.call, '/admin/access_grants', { body: ask(customer.uid) })
  expect(asked.status).toBe(201)
  const { id } = asked.json.data
  const waiting = await counted(boss.call, '/admin/access_grants?status=pending')
  expect(waiting.json.meta.total).toBe(0)
  const going = await counted(boss.call, `/admin/access_grants?status=active&admin_id=${staff.adminId}`)
  expect(going.json).toMatchObject({ data: [{ id }], meta: { total: 1 } })
  const own = await counted(customer.own, '/access_grants')
  expect(own.json.access_grants).toHaveLength(1)
  const disabled = await counted(boss.call, `/admin/disable/${staff.adminId}`, { method: 'POST' })
  expect(disabled.status).toBe(200)
  expect((await boss.call(`/admin/access_grants/${id}`)).json.data.status).toBe('ended')

  for (const [name, { counts }] of Object.entries({ asked, waiting, going, own, disabled }))
    expect.soft(counts.rowsRead, name).toBeLessThanOrEqual(60)
})
