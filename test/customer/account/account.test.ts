import { beforeEach, describe, expect, test } from 'vitest'
import { callerWith, customerWithCallers, loggedIn } from '../../support/calls/http.ts'
import { UNKNOWN_KEY_ID } from '../../support/unknown.ts'

let customer: Awaited<ReturnType<typeof customerWithCallers>>

beforeEach(async () => {
  customer = await customerWithCallers()
})

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)

test('the account is the customer itself', async () => {
  const { status, json } = await customer.own('/account')
  expect(status).toBe(200)
  expect(json).toEqual({
    status: 'success',
    account: {
      customer_uid: customer.uid,
      first_name: expect.any(String),
      last_name: expect.any(String),
      email: expect.stringContaining('@'),
      timezone: expect.any(String),
      status: 'active',
      group: null,
      company: null,
      created_at: TIME,
      updated_at: TIME,
    },
  })
})

describe('own API keys', () => {
  const create = async (name: string) => (await customer.own('/api_keys', { body: { name } })).json.api_key
  const revoke = (id: string) => customer.own(`/api_keys/${id}`, { method: 'DELETE' })
  const statusWith = async (key: string) => (await callerWith({ 'X-API-KEY': key })('/account')).status

  test('one is made, works, is listed without its secret, and is revoked', async () => {
    const answer = await customer.own('/api_keys', { body: { name: 'Website' } })
    expect(answer.status).toBe(201)
    expect(answer.json).toEqual({
      status: 'success',
      message: 'API key created successfully',
      api_key: {
        id: expect.stringMatching(/^key_\w{22}$/),
        name: 'Website',
        key: expect.stringMatching(/^stw_customer_\w{36}$/),
        key_hint: expect.any(String),
        made_by: { type: 'customer' },
        created_at: TIME,
        revoked_at: null,
      },
    })
    const { key, ...listed } = answer.json.api_key
    expect(key.startsWith(listed.key_hint.slice(0, -1))).toBe(true)
    expect(await statusWith(key)).toBe(200)

    const list = await customer.own('/api_keys')
    expect(list.json.api_keys).toHaveLength(2)
    expect(list.json.api_keys).toContainEqual(listed)
    expect(list.json.pagination.total).toBe(2)
    expect(list.text).not.toContain(key)

    expect((await revoke(listed.id)).json).toEqual({
      status: 'success',
      message: 'API key revoked successfully',
      api_key: { ...listed, revoked_at: TIME },
    })
    expect(await statusWith(key)).toBe(401)
    expect(await revoke(listed.id)).toMatchObject({ status: 200 })
  })

  test('the one that the call is made with can be revoked', async () => {
    const [own] = (await customer.own('/api_keys')).json.api_keys
    expect((await revoke(own.id)).status).toBe(200)
    expect((await customer.own('/account')).json.code).toBe('key_invalid')
    // Staff still get in, and so can help.
    const { call } = await loggedIn('admin')
    const path = `/admin/customers/${customer.uid}/api_keys`
    expect((await call(path, { body: { name: 'New' } })).status).toBe(201)
  })

  test('each page holds each once', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await create(name)
    const first = (await customer.own('/api_keys?per_page=3')).json
    const second = (await customer.own(`/api_keys?per_page=3&cursor=${first.pagination.next_cursor}`)).json
    const ids = [...first.api_keys, ...second.api_keys].map(({ id }) => id)
    expect(new Set(ids).size).toBe(5)
    expect(second.pagination).toMatchObject({ page: 2, total: 5, next_cursor: null })
  })

  test.each([
    ['no name', {}, "can't be blank"],
    ['white space', { name: ' ' }, "can't be blank"],
    ['a long one', { name: 'x'.repeat(256) }, 'is too long (maximum is 255 characters)'],
  ])('%s is no name for one', async (_, body, text) => {
    expect(await customer.own('/api_keys', { body })).toMatchObject({
      status: 422,
      json: { errors: { name: [text] } },
    })
  })

  test('one that is unknown is not found', async () => {
    expect(await revoke(UNKNOWN_KEY_ID)).toMatchObject({
      status: 404,
      json: { code: 'api_key_unknown' },
    })
  })
})
