import { eq } from 'drizzle-orm'
import { beforeEach, describe, expect, test } from 'vitest'
import { admins } from '../../../src/db/schema/staff.ts'
import { fetchWith } from '../../support/bindings/bindings.ts'
import { type Caller, type CallOptions, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { filledPath } from '../../support/calls/paths.ts'
import { routeTable } from '../../support/calls/routes.ts'
import { database, makeAdmin, makeSession } from '../../support/factories.ts'
import { listenedQueue } from '../../support/trail/audit.ts'
import { UNKNOWN_UID } from '../../support/unknown.ts'

let boss: Awaited<ReturnType<typeof loggedIn>>

beforeEach(async () => {
  boss = await loggedIn()
})

/** Calls, and gives what the records of it are about. */
async function recorded(caller: Caller, path: string, options: CallOptions = {}) {
  const { events, bindings } = listenedQueue({ forward: false })
  const via = (request: Request) => fetchWith(bindings, request)
  const answer = await caller(path, { ...options, via })
  return { ...answer, targets: events.map(({ target }) => target) }
}

const filled = (path: string, id: string | number) => filledPath(path, () => `${id}`)

/** Percent-encodes the first character, as no client needs to. */
const encoded = (id: string | number) => `${id}`.replace(/^./, (c) => `%${c.charCodeAt(0).toString(16)}`)

const ofAdmins = routeTable()
  .filter(({ path }) => path.includes('{[0-9]+}'))
  .map((route) => ({ ...route, options: { method: route.method, ...bodyOf(route) } }))

function bodyOf({ takesBody }: { takesBody: boolean }): CallOptions {
  return takesBody ? { body: { role: 'customer_success' } } : {}
}

describe.each(ofAdmins)('$method $path', ({ method, path, options }) => {
  test.each<{ form: string; write: (id: number) => string }>([
    { form: 'a zero before it', write: (id) => `0${id}` },
    { form: 'many zeros before it', write: (id) => `${'0'.repeat(300)}${id}` },
    { form: 'an encoded zero before it', write: (id) => `%30${id}` },
    { form: 'nothing but zero', write: () => '0' },
    { form: 'more than any id has', write: () => '9007199254740993' },
    { form: 'more than any number has', write: () => '9'.repeat(400) },
  ])('takes an id with $form for no account’s', async ({ write }) => {
    const { adminId } = await makeAdmin('admin')
    await makeSession(adminId)
    const before = await state(adminId)
    const sent = write(adminId)
    const answer = await recorded(boss.call, filled(path, sent), options)
    const read = decodeURIComponent(sent)
    expect(answer).toMatchObject({
      status: 404,
      json: { message: `Admin with id - ${read} -, does not exist`, code: 'admin_unknown' },
    })
    for (const target of answer.targets) expect.soft(target).toEqual({ type: 'admin', id: read })
    expect(await state(adminId)).toEqual(before)
  })

  test('takes the own id with a zero before it for no account’s either', async () => {
    const answer = await boss.call(filled(path, `0${boss.adminId}`), options)
    expect(answer).toMatchObject({ status: 404, json: { code: 'admin_unknown' } })
  })

  test.each([
    { form: 'as it is', write: (id: number) => `${id}` },
    { form: 'percent-encoded', write: encoded },
  ])('records the id $form in its one form', async ({ write }) => {
    const { adminId } = await makeAdmin('admin')
    const { status, targets } = await recorded(boss.call, filled(path, write(adminId)), options)
    expect(status).toBe(path.includes('unlock') ? 409 : 200)
    const target = { type: 'admin', id: `${adminId}` }
    expect(targets).toEqual(method === 'GET' ? [] : [target, target])
  })

  const state = async (adminId: number) => [
    await database().select().from(admins).where(eq(admins.id, adminId)),
    await boss.call(`/admin/${adminId}`).then(({ json }) => json),
  ]
})

const ofOthers = routeTable().filter(
  ({ path, method, access }) =>
    path.includes(':') && !path.includes('{') && (access?.kind === 'customer' || method !== 'GET'),
)

test.each(ofOthers)(
  'the record of $method $path, refused, has an encoded id in its one form',
  async (route) => {
    const { method, path, access, takesBody } = route
    const id = UNKNOWN_UID
    const caller =
      access?.kind === 'customer' ? (await customerWithCallers()).impersonated : (await loggedIn()).call
    const { status, targets } = await recorded(caller, filled(path, encoded(id)), {
      method,
      headers: { 'X-ADMIN-REASON': 'x'.repeat(501) },
      ...(takesBody && { body: {} }),
    })
    expect(status).toBeGreaterThanOrEqual(400)
    expect(targets.at(-1)).toMatchObject({ id })
  },
)

test.each<{ path: string; method: string; code: string }>([
  { path: '/admin/customers/:customer/suspend', method: 'POST', code: 'customer_unknown' },
  { path: '/admin/customers/:customer', method: 'GET', code: 'customer_unknown' },
  { path: '/lists/:list', method: 'DELETE', code: 'list_unknown' },
  { path: '/contacts/:contact', method: 'DELETE', code: 'contact_unknown' },
])('a uid in other letters is nobody’s: $method $path', async ({ path, method, code }) => {
  const { own, impersonated, uid: customer } = await customerWithCallers()
  const { uid: list } = (await own('/lists', { body: { name: 'Newsletter' } })).json.list
  const { uid: contact } = (await own('/contacts', { body: { email: 'ada@example.com' } })).json.contact
  const sent = Object.entries({ customer, list, contact }).reduce(
    (filled, [name, uid]) => filled.replace(`:${name}`, `${uid}`.toUpperCase()),
    path,
  )
  const answer = await recorded(path.startsWith('/admin') ? boss.call : impersonated, sent, { method })
  expect(answer).toMatchObject({ status: 404, json: { code } })
  expect(answer.targets.at(-1)).toMatchObject({ id: sent.split('/')[path.startsWith('/admin') ? 3 : 2] })
  expect((await own('/account')).json.account.status).toBe('active')
  expect((await own('/lists')).json.pagination.total).toBe(1)
  expect((await own('/contacts')).json.pagination.total).toBe(1)
})
