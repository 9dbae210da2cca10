import { createApp } from '../../../src/app.ts'
import { type Permission, type Role, ruleOf } from '../../../src/auth/permissions.ts'
import { type Access, annotationOf } from '../../../src/http/annotations.ts'

/** An endpoint of the service and what it declares of who may call it. */
export interface Route {
  method: string
  path: string
  access: Access | undefined
  takesBody: boolean
}

/** A role that may call a route. */
export const roleFor = ({ access }: Pick<Route, 'access'>): Role =>
  (access?.kind === 'admin' && ruleOf(access.permission as Permission).roles.at(-1)) || 'super_admin'

/** The route table, from the app itself: what a test must hold for every route, it walks this for. */
export function routeTable(): Route[] {
  const routes = new Map<string, Route>()
  for (const { method, path, handler } of createApp().routes) {
    if (method === 'ALL') continue
    const name = `${method} ${path}`
    const { access, body } = annotationOf(handler)
    const known = routes.get(name)
    routes.set(name, {
      method,
      path,
      access: access ?? known?.access,
      takesBody: body !== undefined || known?.takesBody === true,
    })
  }
  return [...routes.values()]
}
