import type { Hono } from 'hono'
import { type Annotation, annotationOf } from '../http/annotations.ts'
import type { AppEnv } from '../http/context.ts'
import { Components, type Json } from './components.ts'
import { explained } from './glossary.ts'
import { describedOperation, type Route } from './operation.ts'
import { SHARED } from './shared.ts'
import { INFO } from './words.ts'

type App = Pick<Hono<AppEnv>, 'routes'>

/**
 * Returns the OpenAPI 3.1 document of an app (https://spec.openapis.org/oas/v3.1.1.html), made from the schemas that
 * validate and the metadata of each route's middleware.
 */
export function openapiDocument(app: App): Json {
  const components = new Components()
  const paths: Record<string, Json> = {}
  const routes = routesOf(app)
  for (const route of routes) {
    const template = pathTemplate(route.path)
    paths[template] = {
      ...paths[template],
      [route.method.toLowerCase()]: explained(template, describedOperation(route, components)),
    }
  }
  const { schemas, examples, responses } = components
  return {
    openapi: '3.1.1',
    info: INFO,
    servers: [{ url: '/' }],
    tags: tagsOf(routes),
    paths,
    components: { ...SHARED, schemas: explainedSchemas(schemas), responses, examples },
  }
}

/** Returns the tags of the routes, by name. */
function tagsOf(routes: Route[]) {
  const parts = routes.flatMap(({ annotations }) => annotations.flatMap(({ part }) => part ?? []))
  const tags = new Map(parts.map(({ name, description }) => [name, { name, description }]))
  return [...tags.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}

const explainedSchemas = (schemas: Record<string, Json>) =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, explained(name, schema)]))

/** Returns the path template of a pattern: `/admin/{id}` for `/admin/:id{[0-9]+}`. */
export const pathTemplate = (path: string) => path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}')

/** Returns the endpoints, each with the metadata of what stands before it in the route table. */
function routesOf(app: App): Route[] {
  const routes = new Map<string, Route>()
  const shared: { path: string; annotation: Annotation }[] = []
  for (const { method, path, handler } of app.routes) {
    const annotation = annotationOf(handler)
    if (method === 'ALL') {
      shared.push({ path, annotation })
      continue
    }
    const route = routes.get(`${method} ${path}`) ?? { method, path, annotations: passedBefore(path, shared) }
    route.annotations.push(annotation)
    routes.set(`${method} ${path}`, route)
  }
  return [...routes.values()].filter(
    ({ annotations }) => !annotations.some(({ isPageFile, passesOn }) => isPageFile || passesOn),
  )
}

/** Returns the metadata of the middleware of a surface, registered as `<prefix>/*`, that a path passes. */
const passedBefore = (path: string, shared: { path: string; annotation: Annotation }[]) =>
  shared
    .filter((middleware) => `${path}/`.startsWith(middleware.path.slice(0, -1)))
    .map(({ annotation }) => annotation)
