import { describe, expect, test } from 'vitest'
import { loggedIn } from '../../support/calls/http.ts'
import { makeAdmin } from '../../support/factories.ts'
import { recordsOf } from '../../support/trail/audit.ts'

describe('a person says why', () => {
  const reasons = { 'X-ADMIN-REASON': 'Ticket 4711' }

  test.each([
    { name: 'a change', path: '/admin/enable/:id', method: 'POST' },
    { name: 'a look at customers', path: '/admin/customers', method: 'GET' },
    { name: 'a look at the trail', path: '/admin/audit', method: 'GET' },
  ])('of $name, and the record has it', async ({ path: route, method }) => {
    const { call } = await loggedIn()
    const { adminId } = await makeAdmin('admin')
    const path = route.replace(':id', `${adminId}`)
    const done = await call(path, { method, headers: reasons })
    expect(done.status).toBeLessThan(300)
    expect((await recordsOf([done])).map(({ reason }) => reason)).toContain('Ticket 4711')
    const tooLong = await call(path, { method, headers: { 'X-ADMIN-REASON': 'x'.repeat(501) } })
    expect(tooLong).toMatchObject({ status: 400, json: { code: 'reason_invalid' } })
  })
})
