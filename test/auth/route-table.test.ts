import { expect, test } from 'vitest'
import { routeTable } from '../support/calls/routes.ts'

test.each(routeTable())('$method $path declares who may call it', ({ access }) => {
  expect(access).toBeDefined()
})

test('what only a customer may do for itself is what the contract says', () => {
  const ownKeyOnly = routeTable().filter(({ access }) => access?.kind === 'customer' && access.ownKeyOnly)
  expect(ownKeyOnly.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'POST /api_keys',
    'DELETE /api_keys/:id',
    'GET /account/support_access',
    'PUT /account/support_access',
    'GET /access_requests',
    'POST /access_requests/:uid/approve',
    'POST /access_requests/:uid/decline',
    'GET /access_grants',
    'DELETE /access_grants/:uid',
  ])
})

const named = routeTable().filter(({ path, access }) => access?.kind === 'customer' && path.includes(':'))

test.each(named)('$method $path declares what its path names', ({ access }) => {
  expect(access).toMatchObject({ target: expect.any(String) })
})

test('the surfaces do not mix: staff routes are under /admin, with a page for browsers, and every other one is public or a customer’s', () => {
  const misplaced = routeTable().filter(({ path, access }) => {
    const isAdminPath = path === '/admin' || path.startsWith('/admin/')
    if (path === '/admin/unlock') return access?.kind !== 'public'
    return isAdminPath !== (access?.kind === 'admin' || access?.kind === 'client')
  })
  expect(misplaced).toEqual([])
})
