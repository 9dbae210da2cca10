import { beforeEach, expect, test } from 'vitest'
import { ROLES } from '../../../src/auth/permissions.ts'
import { impersonationStops } from '../../../src/db/schema/grants.ts'
import { granted } from '../../support/calls/grants.ts'
import { type Caller, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { database } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

let boss: Awaited<ReturnType<typeof loggedIn>>
let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  boss = await loggedIn()
  customer = await customerWithCallers()
})

const stop = (caller: Caller, body: unknown = { reason: 'A key was published' }) =>
  caller('/admin/impersonation/stop', { method: 'POST', body })
const start = (caller: Caller) => caller('/admin/impersonation/start', { method: 'POST' })

const RUNNING = { stopped: false, stopped_at: null, stopped_by: null, reason: null }

test('stopped, every impersonated request is refused and on record, and customers are served', async () => {
  const glass = await granted(boss.call, customer.uid, { break_glass: true })
  const plain = await granted(boss.call, customer.uid, { mode: 'write' })
  expect((await stop(boss.call)).status).toBe(200)
  const refusal = { code: 'impersonation_stopped', error: 'Nobody may act for customers at the moment' }
  for (const call of [customer.impersonated, glass.call, plain.call]) {
    for (const path of ['/lists', '/api_keys', '/nowhere'])
      expect.soft(await call(path), path).toMatchObject({ status: 403, json: refusal })
    const refused = await call('/lists', { body: { name: 'Spring' } })
    expect(refused).toMatchObject({ status: 403, json: refusal })
    expect(await recordsOf([refused])).toMatchObject([{ stage: 'completed', result: 'refused' }])
  }
  expect((await customer.own('/lists')).json.lists).toEqual([])
  expect((await start(boss.call)).status).toBe(200)
  for (const call of [customer.impersonated, glass.call, plain.call])
    expect((await call('/lists')).status).toBe(200)
})

test('everybody of staff sees who stopped it, when and why', async () => {
  const callers = await Promise.all(ROLES.map((role) => loggedIn(role)))
  const seen = async () =>
    Promise.all(callers.map(async ({ call }) => (await call('/admin/impersonation')).json.data))
  expect(await seen()).toEqual(callers.map(() => RUNNING))
  const { json } = await stop(boss.call)
  expect(json).toEqual({
    message: 'Impersonation stopped successfully',
    data: {
      stopped: true,
      stopped_at: expect.stringMatching(/Z$/),
      stopped_by: boss.adminId,
      reason: 'A key was published',
    },
  })
  expect(await seen()).toEqual(callers.map(() => json.data))
})

test('a second stop changes nothing, and neither does a second start', async () => {
  const first = await stop(boss.call)
  const again = await stop((await loggedIn()).call, { reason: 'Another' })
  expect(again.json.data).toEqual(first.json.data)
  for (const answer of [await start(boss.call), await start(boss.call)])
    expect(answer).toMatchObject({
      status: 200,
      json: { message: 'Impersonation started successfully', data: RUNNING },
    })
  expect(await database().select().from(impersonationStops)).toEqual([])
})

test.each([{ body: {} }, { body: { reason: ' ' } }])('who stops it says why: $body', async ({ body }) => {
  expect(await stop(boss.call, body)).toMatchObject({
    status: 422,
    json: { errors: { reason: ["can't be blank"] } },
  })
  expect((await customer.impersonated('/lists')).status).toBe(200)
})

test('stop and start are on record, with what they changed', async () => {
  const answers = [await stop(boss.call), await stop(boss.call), await start(boss.call)]
  const completed = (await recordsOf(answers)).filter(({ stage }) => stage === 'completed')
  expect(completed.map(({ admin_id, changes }) => [admin_id, changes])).toEqual([
    [boss.adminId, { stopped: [false, true], reason: [null, 'A key was published'] }],
    [boss.adminId, null],
    [boss.adminId, { stopped: [true, false], reason: ['A key was published', null] }],
  ])
})
