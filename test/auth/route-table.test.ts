import { expect, test } from 'vitest'
import { routeTable } from '../support/routes.ts'

test.each(routeTable())('$method $path declares who may call it', ({ access }) => {
  expect(access).toBeDefined()
})

test('the surfaces do not mix: staff routes are under /admin, with a page for browsers, and every other one is public or a customer’s', () => {
  const misplaced = routeTable().filter(({ path, access }) => {
    const isAdminPath = path === '/admin' || path.startsWith('/admin/')
    if (path === '/admin/unlock') return access?.kind !== 'public'
    return isAdminPath !== (access?.kind === 'admin' || access?.kind === 'client')
  })
  expect(misplaced).toEqual([])
})
