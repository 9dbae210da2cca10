import { beforeEach, describe, expect, test } from 'vitest'
import { answerOf, documented } from '../support/calls/contract.ts'
import { customerWithCallers } from '../support/calls/http.ts'
import { routeTable } from '../support/calls/routes.ts'
import { makeWorld } from '../support/calls/world.ts'
import { storedRows } from '../support/stored.ts'
import { recordsOf } from '../support/trail/audit.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const routes = routeTable().filter(({ access }) => access?.kind === 'customer' && access.ownKeyOnly)

describe.each(routes)('$method $path', ({ method, path }) => {
  const options = { method, ...(method === 'POST' && { body: { name: 'Mine' } }) }

  test('is refused to whoever acts for the customer, on record, and nothing changes', async () => {
    const world = await makeWorld()
    const before = await storedRows()
    for (const sent of [options, { method, body: method === 'POST' ? '[' : undefined }]) {
      const answer = await world.impersonated(world.path(path, method), sent)
      expect.soft(answer).toMatchObject({ status: 403, json: { status: 'error', code: 'own_key_required' } })
      expect
        .soft(await recordsOf([answer]))
        .toMatchObject([{ stage: 'completed', result: 'refused', status: 403, customer_uid: world.uid }])
    }
    expect(await storedRows()).toEqual(before)
  })

  test('is documented as such', () => {
    const operation = documented(method, path)
    if (!operation) throw new Error('it is not documented at all')
    expect(operation.security).toEqual([{ customerKey: [] }])
    expect(JSON.stringify(answerOf(operation, '403'))).toContain('own_key_required')
  })
})

test('reading the keys is not', async () => {
  expect((await customer.impersonated('/api_keys')).json).toEqual((await customer.own('/api_keys')).json)
})
