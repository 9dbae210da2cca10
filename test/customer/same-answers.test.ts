import { describe, expect, test } from 'vitest'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type Answer, type CallOptions, customerWithCallers } from '../support/calls/http.ts'
import { routeTable } from '../support/calls/routes.ts'
import { deliver, deliveriesOf, makeEvent } from '../support/trail/audit-queue.ts'

/** What a call to each route sends, where it has to send something; a test fails for a route that is missing here. */
const SENT: Record<string, CallOptions & { query?: string }> = {
  'POST /lists': { body: { name: 'Spring', description: 'Flowers' } },
  'PUT /lists/:uid': { body: { name: 'Summer' } },
  'PATCH /lists/:uid': { body: { description: 'Sun' } },
  'POST /lists/:uid/copy': { body: { name: 'Autumn' } },
  'POST /lists/:uid/contacts': { body: { email: 'bob@example.com', status: 'unconfirmed' } },
  'PUT /lists/:uid/contacts/:contact_uid': { body: { status: 'blacklisted' } },
  'POST /contacts': { body: { email: 'eve@example.com', first_name: 'Eve', fields: { city: 'Rome' } } },
  'PUT /contacts/:uid': { body: { email: 'eve@example.com' } },
  'PATCH /contacts/:uid': { body: { phone: '+44 20 7946 0000' } },
  'POST /contacts/bulk': { body: { contacts: [{ email: 'eve@example.com' }, { email: 'no' }] } },
  'POST /lists/:uid/contacts/bulk': { body: { contacts: [{ email: 'bob@example.com' }, { email: 'no' }] } },
  'GET /contacts/export': { query: '?format=ndjson' },
}

const routes = routeTable()
  .filter(({ access }) => access?.kind === 'customer' && !access.ownKeyOnly)
  .map(({ method, path }) => ({ name: `${method} ${path}`, method, path }))

/** How many acts have been recorded: each has an id of its own. */
let acts = 0

/** A customer with one of each thing, which no admin has called for yet. */
async function makeWorld() {
  const customer = await customerWithCallers()
  const list = (await customer.own('/lists', { body: { name: 'Newsletter' } })).json.list
  const added = await customer.own(`/lists/${list.uid}/contacts`, { body: { email: 'ada@example.com' } })
  await customer.own('/contacts', { body: { email: 'bob@example.com' } })
  await deliver(deliveriesOf([makeEvent(++acts, { customer_uid: customer.uid })]))
  const [key] = (await customer.own('/api_keys')).json.api_keys
  return { ...customer, list: list.uid, contact: added.json.contact.uid, apiKey: key.id }
}

type World = Awaited<ReturnType<typeof makeWorld>>

/** Things that nobody has. */
const NOTHING = { list: 'aaaaaaaaaaaaa', contact: 'aaaaaaaaaaaaa', apiKey: 'key_0000000000000000000000' }

/** The path of a route with the things of this world in it. */
const pathIn = (world: Pick<World, 'list' | 'contact' | 'apiKey'>, path: string) =>
  path
    .replace('/lists/:uid', `/lists/${world.list}`)
    .replace(':contact_uid', world.contact)
    .replace('/contacts/:uid', `/contacts/${world.contact}`)
    .replace('/api_keys/:id', `/api_keys/${world.apiKey}`)

/** An answer without what is never the same twice: ids, times and keys that were made for it. */
const comparable = ({ status, headers, text }: Answer) => ({
  status,
  type: headers.get('Content-Type'),
  text: text
    .replaceAll(/"(uid|customer_uid)":"[a-z0-9]{13}"/g, '"$1":"<uid>"')
    .replaceAll(/\bstw_customer_\w+/g, '<key>')
    .replaceAll(/\bkey_\w{22}\b/g, '<key id>')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replaceAll(/req_[0-9a-f-]{36}/g, '<request>'),
})

describe.each(routes)('$name', ({ name, method, path }) => {
  const { query = '', ...sent } = SENT[name] ?? {}
  // What goes on after the answer is over before the next call.
  const options = { method, ...sent, via: (request: Request) => fetchWith({}, request) }
  const isRead = method === 'GET'

  test('answers the customer and an admin who acts for it alike, and finds nothing of another', async () => {
    if (!isRead && method !== 'DELETE') expect(SENT, 'what this route is sent').toHaveProperty([name])
    const [world, twin] = [await makeWorld(), await makeWorld()]
    expect(mixesOf(world, twin).length > 0, 'the things that this path names are known here').toBe(
      path.includes(':'),
    )
    if (isRead) await expectSameAnswer(world, world)
    await expectSameRefusal(world)
    for (const [one, other] of [
      [world, twin],
      [twin, world],
    ] as const) {
      for (const mixed of mixesOf(one, other)) {
        for (const caller of [one.own, one.impersonated]) {
          expect(await caller(pathIn(mixed, path) + query, options)).toMatchObject({ status: 404 })
        }
      }
    }
    // What a change does to one customer it does to another one in the same state, and nothing has changed till now.
    if (!isRead) await expectSameAnswer(world, twin)
  })

  async function expectSameAnswer(world: World, twin: World) {
    const own = await world.own(pathIn(world, path) + query, options)
    const impersonated = await twin.impersonated(pathIn(twin, path) + query, options)
    expect(own.status).toBeLessThan(300)
    expect(comparable(impersonated)).toEqual(comparable(own))
    if (world === twin) expect(impersonated.text).toBe(own.text)
  }

  async function expectSameRefusal({ own, impersonated }: World) {
    const invalid = { ...options, ...(sent.body !== undefined && { body: '[' }) }
    const target = `${pathIn(NOTHING, path)}?page=0`
    expect(comparable(await impersonated(target, invalid))).toEqual(comparable(await own(target, invalid)))
  }

  /** The things of one customer with each that this path names in turn replaced by the other's. */
  function mixesOf(one: World, other: World) {
    const things = ['list', 'contact', 'apiKey'] as const
    return things
      .map((thing) => ({ ...one, [thing]: other[thing] }))
      .filter((mixed) => pathIn(mixed, path) !== pathIn(one, path))
  }
})
