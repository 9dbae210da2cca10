import { describe, expect, test } from 'vitest'
import { fetchWith } from '../support/bindings/bindings.ts'
import type { Answer, Caller } from '../support/calls/http.ts'
import { filledPath, parametersOf } from '../support/calls/paths.ts'
import { routeTable } from '../support/calls/routes.ts'
import { validBody } from '../support/calls/valid-bodies.ts'
import { makeWorld, type World } from '../support/calls/world.ts'
import { UNKNOWN_KEY_ID, UNKNOWN_UID } from '../support/unknown.ts'

const routes = routeTable()
  .filter(({ access }) => access?.kind === 'customer' && !access.ownKeyOnly)
  .map((route) => ({ ...route, name: `${route.method} ${route.path}` }))

/** Things that nobody has. */
const unknown = (parameter: string) => (parameter === '/api_keys/:id' ? UNKNOWN_KEY_ID : UNKNOWN_UID)

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

describe.each(routes)('$name', (route) => {
  const { method, path } = route
  const query = path === '/contacts/export' ? '?format=ndjson' : ''
  const isRead = method === 'GET'

  /** A call about the things of a world. What goes on after an answer is over before the next call. */
  const send = async (caller: Caller, world: World, filled = world.path(path)) =>
    caller(filled + query, {
      method,
      body: await validBody(route, world),
      via: (request: Request) => fetchWith({}, request),
    })

  test('answers the customer and an admin who acts for it alike, and finds nothing of another', async () => {
    const [world, twin] = [await makeWorld(), await makeWorld()]
    if (isRead) await expectSameAnswer(world, world)
    await expectSameRefusal(world)
    for (const [one, other] of [
      [world, twin],
      [twin, world],
    ] as const) {
      for (const mixed of mixesOf(one, other)) {
        for (const caller of [one.own, one.impersonated]) {
          expect(await send(caller, one, mixed)).toMatchObject({ status: 404 })
        }
      }
    }
    // What a change does to one customer it does to another one in the same state, and nothing has changed till now.
    if (!isRead) await expectSameAnswer(world, twin)
  })

  async function expectSameAnswer(world: World, twin: World) {
    const own = await send(world.own, world)
    const impersonated = await send(twin.impersonated, twin)
    expect(own.status).toBeLessThan(300)
    expect(comparable(impersonated)).toEqual(comparable(own))
    if (world === twin) expect(impersonated.text).toBe(own.text)
  }

  async function expectSameRefusal({ own, impersonated }: World) {
    const invalid = { method, ...(route.takesBody && { body: '[' }) }
    const target = `${filledPath(path, unknown)}?page=0`
    expect(comparable(await impersonated(target, invalid))).toEqual(comparable(await own(target, invalid)))
  }

  /** The path about the things of one customer, with each in turn replaced by the other's. */
  const mixesOf = (one: World, other: World) =>
    parametersOf(path).map((_, replaced) =>
      filledPath(path, (parameter, index) => (index === replaced ? other : one).thing(parameter)),
    )
})
