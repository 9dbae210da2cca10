import { expect, test } from 'vitest'
import { randomUid } from '../../src/crypto/random.ts'
import { type CallOptions, customerWithCallers } from '../support/calls/http.ts'
import { routeTable } from '../support/calls/routes.ts'
import { makeGrant } from '../support/factories.ts'

/** What each change sends; a test fails for a route that is missing here. Bulk tells what came of each row instead. */
const CHANGES: { route: string; thing: string; body?: unknown }[] = [
  { route: 'POST /lists', thing: 'list', body: { name: 'Spring', description: 'Flowers' } },
  { route: 'PUT /lists/:uid', thing: 'list', body: { name: 'Summer' } },
  { route: 'PATCH /lists/:uid', thing: 'list', body: { description: 'Sun' } },
  { route: 'POST /lists/:uid/copy', thing: 'list', body: { name: 'Autumn' } },
  { route: 'DELETE /lists/:uid', thing: 'list' },
  { route: 'POST /contacts', thing: 'contact', body: { email: 'eve@example.com', fields: { city: 'Rome' } } },
  { route: 'PUT /contacts/:uid', thing: 'contact', body: { email: 'eve@example.com', first_name: 'Eve' } },
  { route: 'PATCH /contacts/:uid', thing: 'contact', body: { phone: '+44 20 7946 0000' } },
  { route: 'DELETE /contacts/:uid', thing: 'contact' },
  { route: 'POST /lists/:uid/contacts', thing: 'member', body: { email: 'eve@example.com', last_name: 'X' } },
  { route: 'PUT /lists/:uid/contacts/:contact_uid', thing: 'member', body: { status: 'blacklisted' } },
  { route: 'DELETE /lists/:uid/contacts/:contact_uid', thing: 'member' },
  { route: 'POST /api_keys', thing: 'api_key', body: { name: 'Website' } },
  { route: 'DELETE /api_keys/:id', thing: 'api_key' },
  { route: 'PUT /account/support_access', thing: 'support_access', body: { policy: 'ask' } },
  { route: 'POST /access_requests/:uid/approve', thing: 'access_request' },
  { route: 'POST /access_requests/:uid/decline', thing: 'access_request' },
  { route: 'DELETE /access_grants/:uid', thing: 'access_grant' },
]

test('no change of the customer surface is missing here', () => {
  const changes = routeTable()
    .filter(
      ({ method, path, access }) =>
        access?.kind === 'customer' && method !== 'GET' && !path.endsWith('/bulk'),
    )
    .map(({ method, path }) => `${method} ${path}`)
  expect(CHANGES.map(({ route }) => route).sort()).toEqual(changes.sort())
})

/** A customer with a list, a member of it with all that a contact can have, and a second key. */
async function makeWorld() {
  const { own, uid: customerUid, admin } = await customerWithCallers()
  const [request, grant] = [randomUid(), randomUid()]
  await makeGrant({ adminId: admin.adminId, customerUid, uid: request, needsCustomer: true })
  await makeGrant({ adminId: admin.adminId, customerUid, uid: grant })
  const { list } = (await own('/lists', { body: { name: 'Newsletter', description: 'Monthly' } })).json
  const ada = { email: 'ada@example.com', first_name: 'Ada', phone: '1', fields: { city: 'London', n: 1 } }
  const { contact } = (await own(`/lists/${list.uid}/contacts`, { body: ada })).json
  const { api_key: key } = (await own('/api_keys', { body: { name: 'Second' } })).json
  const path = (route: string) =>
    route
      .replace('/lists/:uid', `/lists/${list.uid}`)
      .replace(':contact_uid', contact.uid)
      .replace('/contacts/:uid', `/contacts/${contact.uid}`)
      .replace('/access_requests/:uid', `/access_requests/${request}`)
      .replace('/access_grants/:uid', `/access_grants/${grant}`)
      .replace(':id', key.id)
  const ofCollection = async (collection: string, name: string, id: string) =>
    (await own(collection)).json[name].find((each: Record<string, string>) =>
      [each.uid, each.id].includes(id),
    )
  const shown: Record<string, (id: string) => Promise<unknown>> = {
    list: async (id) => (await own(`/lists/${id}`)).json.list,
    contact: async (id) => (await own(`/contacts/${id}`)).json.contact,
    member: (id) => ofCollection(`/lists/${list.uid}/contacts`, 'contacts', id),
    api_key: (id) => ofCollection('/api_keys', 'api_keys', id),
    support_access: async () => (await own('/account/support_access')).json.support_access,
    access_request: (id) => ofCollection('/access_requests', 'access_requests', id),
    access_grant: (id) => ofCollection('/access_grants', 'access_grants', id),
  }
  return {
    own,
    path,
    shown,
    ids: {
      list: list.uid,
      contact: contact.uid,
      member: contact.uid,
      api_key: key.id,
      support_access: '',
      access_request: request,
      access_grant: grant,
    },
  }
}

test.each(CHANGES)('$route answers with the whole thing, as GET shows it', async ({ route, thing, body }) => {
  const { own, path, shown, ids } = await makeWorld()
  const [method, pattern] = route.split(' ') as [string, string]
  const show = shown[thing] as (id: string) => Promise<unknown>
  const before = await show(ids[thing as keyof typeof ids])
  const answer = await own(path(pattern), { method, body } satisfies CallOptions)
  expect(answer.status).toBeLessThan(300)
  const { key: _secret, ...given } = answer.json[thing === 'member' ? 'contact' : thing]
  // A key that is revoked stays in sight; what else is deleted was as it is given. What was decided or ended says so.
  const isOver = thing === 'access_request' || thing === 'access_grant'
  const isGone = isOver || (method === 'DELETE' && thing !== 'api_key')
  if (isOver) expect(given).toMatchObject(before as object)
  else expect(given).toEqual(isGone ? before : await show(given.uid ?? given.id))
  if (isGone) expect(await show(given.uid)).toBeUndefined()
})
