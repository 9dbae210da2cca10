import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { beforeEach, expect, test } from 'vitest'
import { customers, SUPPORT_ACCESS } from '../../../src/db/schema/customers.ts'
import { admins } from '../../../src/db/schema/staff.ts'
import { failing, fetchWith, intercepted } from '../../support/bindings/bindings.ts'
import { expectLogged } from '../../support/bindings/logged.ts'
import { mailsTo } from '../../support/bindings/mail.ts'
import { ask, setPolicy, withApproval, withKey } from '../../support/calls/grants.ts'
import { customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database, makeAdmin } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let boss: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  boss = await loggedIn()
  customer = await customerWithCallers('admin')
})

const emergency = () => ask(customer.uid, { break_glass: true, mode: 'write' })

test.each(SUPPORT_ACCESS)('a super_admin gets in under %s, and asks no colleague', async (policy) => {
  await setPolicy(customer.uid, policy)
  const { status, json } = await withApproval(boss.call)('/admin/access_grants', { body: emergency() })
  expect(status).toBe(201)
  expect(json.data).toMatchObject({
    status: 'active',
    break_glass: true,
    waits_for: [],
    customer_reached: true,
  })
  expect(json.data.review).toEqual({ status: 'unreviewed', admin_id: null, at: null, comment: null })
  const call = withKey(json.data.key, customer.uid)
  expect((await call('/lists', { body: { name: 'Saved' } })).status).toBe(201)
})

test('the customer and all super_admins are mailed at once, and nobody else', async () => {
  const others = [await makeAdmin(), await makeAdmin()]
  const disabled = await makeAdmin()
  await database().update(admins).set({ disabledAt: 1 }).where(eq(admins.id, disabled.adminId))
  const admin = await makeAdmin('admin')
  await setPolicy(customer.uid, 'closed')
  const { json } = await boss.call('/admin/access_grants', { body: emergency() })
  const [row] = await database().select().from(customers).where(eq(customers.uid, customer.uid))
  const told = await mailsTo(row?.email ?? '')
  expect(told).toHaveLength(1)
  expect(told[0]?.text).toContain('Ticket 4711')
  expect(told[0]?.text).not.toContain(boss.email)
  for (const { email } of [boss, ...others]) {
    const mails = await mailsTo(email)
    expect(mails).toHaveLength(1)
    expect(mails[0]?.text).toContain(boss.email)
    expect(mails[0]?.text).toContain(json.data.id)
  }
  for (const { email } of [disabled, admin]) expect(await mailsTo(email)).toEqual([])
})

test('no mail waits for another', async () => {
  for (let i = 0; i < 3; i++) await makeAdmin()
  let underWay = 0
  let most = 0
  const before = () => {
    most = Math.max(most, ++underWay)
  }
  const EMAIL = intercepted(env.EMAIL, 'send', { before, after: () => underWay-- })
  const via = (request: Request) => fetchWith({ EMAIL }, request)
  await boss.call('/admin/access_grants', { body: emergency(), via })
  expect(most).toBeGreaterThanOrEqual(4)
})

test('a mail that cannot be sent keeps nobody from an emergency, and is said', async () => {
  expectLogged('tell_customer')
  expectLogged('tell_super_admins')
  const EMAIL = failing(env.EMAIL, 'send')
  const { status, json } = await boss.call('/admin/access_grants', {
    body: emergency(),
    via: (request) => fetchWith({ EMAIL }, request),
  })
  expect(status).toBe(201)
  expect(json.data.customer_reached).toBe(false)
})

test('the record says what it was', async () => {
  const asked = await boss.call('/admin/access_grants', { body: emergency() })
  const [, completed] = await recordsOf([asked])
  expect(completed?.changes).toMatchObject({
    break_glass: [null, true],
    review: [null, { status: 'unreviewed' }],
  })
})
