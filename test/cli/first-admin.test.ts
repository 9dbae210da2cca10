import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { firstAdmin } from '../../src/cli/bootstrap/first-admin.ts'
import { admins, clients } from '../../src/db/schema/staff.ts'
import { signedCaller } from '../support/calls/http.ts'
import { database, makeAdmin } from '../support/factories.ts'

const execute = async (statements: string[]) => {
  const results = await env.DB.batch(statements.map((statement) => env.DB.prepare(statement)))
  return results.map(({ results: rows }) => rows.length)
}

test('the first admin can log in as the first client, and has to change the password', async () => {
  const { email, password, client, statements } = await firstAdmin(
    "Ann.O'Neil@example.com",
    env.CLIENT_SECRETS_KEYS,
    Date.now(),
  )
  expect(await execute(statements)).toEqual([1, 1])

  const login = await signedCaller(client)('/admin/login', { body: { email, password } })
  expect(login).toMatchObject({ status: 200, json: { data: { admin: { email, role: 'super_admin' } } } })
  expect(login.json.data.admin).toMatchObject({ has_changed_password: false, password_expired: false })
  const keys = await signedCaller(client, login.json.data.auth_token)('/admin/api_keys')
  expect(keys).toMatchObject({ status: 403, json: { code: 'password_change_required' } })
})

test('where there is a super_admin, nothing is made', async () => {
  await makeAdmin('super_admin')
  const { statements } = await firstAdmin('late@example.com', env.CLIENT_SECRETS_KEYS, Date.now())
  expect(await execute(statements)).toEqual([0, 0])
  expect(await database().$count(admins)).toBe(1)
  expect(await database().$count(clients)).toBe(0)
})

test('an admin of another role is not in the way', async () => {
  await makeAdmin('admin')
  const { statements } = await firstAdmin('first@example.com', env.CLIENT_SECRETS_KEYS, Date.now())
  expect(await execute(statements)).toEqual([1, 1])
})
