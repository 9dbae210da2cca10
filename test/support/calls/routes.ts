import { createApp } from '../../../src/app.ts'
import { type Access, annotationOf } from '../../../src/http/annotations.ts'

/** An endpoint of the service and what it declares of who may call it. */
export interface Route {
  method: string
  path: string
  access: Access | undefined
  takesBody: boolean
}

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
