import type { Json } from '../openapi/components.ts'

/** Their components have names of their own, so that a schema of the same name here stays what it is. */
const COMPONENT_PREFIX = 'Attached.'

const COMPONENT = /^#\/components\/([^/]+)\/(.+)$/

/** Who calls is Steward's to find out, whatever the API says of itself. */
const SECURITY = [{ customerKey: [] }, { adminKey: [], customer: [] }]

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head']

/** Returns a document without the paths that another API answers. */
export function withoutShadowed(own: Json, prefixes: readonly string[]): Json {
  const paths = Object.entries(own.paths as Json).filter(([path]) => !isBelow(path, prefixes))
  return { ...own, paths: Object.fromEntries(paths) }
}

/** Returns a document with those operations of another that lie below the prefixes. */
export function merged(own: Json, theirs: Json, prefixes: readonly string[]): Json {
  const renamed = withOwnNames(theirs)
  const base = basePathOf(theirs)
  const known = operationIds(own.paths as Json)
  const paths = Object.entries((renamed.paths ?? {}) as Record<string, Json>)
    .map(([path, item]) => [base + path, attachedItem(item, known)] as const)
    .filter(([path]) => isBelow(path, prefixes))
  return {
    ...own,
    tags: [...list(own.tags), ...list(renamed.tags)],
    paths: { ...(own.paths as Json), ...Object.fromEntries(paths) },
    components: mergedComponents(own.components as Json, (renamed.components ?? {}) as Json),
  }
}

const isBelow = (path: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

/** The path that the paths of a document begin with, by the first of its servers. */
function basePathOf({ servers }: Json): string {
  const [server] = list(servers) as Json[]
  const url = `${server?.url ?? '/'}`
  return URL.canParse(url, 'http://host') ? new URL(url, 'http://host').pathname.replace(/\/$/, '') : ''
}

/** The document with every component, and every reference to one, under another name. */
function withOwnNames(document: Json): Json {
  const copy: Json = JSON.parse(JSON.stringify(document), (_, value: unknown) =>
    typeof value === 'string' ? value.replace(COMPONENT, `#/components/$1/${COMPONENT_PREFIX}$2`) : value,
  )
  const groups = Object.entries((copy.components ?? {}) as Record<string, Json>).map(([kind, group]) => [
    kind,
    Object.fromEntries(Object.entries(group).map(([name, value]) => [COMPONENT_PREFIX + name, value])),
  ])
  return { ...copy, components: Object.fromEntries(groups) }
}

/** A path item whose operations anybody calls as Steward's own, and whose ids nobody else has. */
function attachedItem({ servers: _, ...item }: Json, known: ReadonlySet<unknown>): Json {
  const members = Object.entries(item).map(([name, member]) => {
    if (!METHODS.includes(name)) return [name, member]
    const { servers: _, ...operation } = member as Json
    const id = operation.operationId
    const operationId = known.has(id) ? `attached_${id}` : id
    return [name, { ...operation, ...(id !== undefined && { operationId }), security: SECURITY }]
  })
  return Object.fromEntries(members)
}

const operationIds = (paths: Json) =>
  new Set(
    Object.values(paths).flatMap((item) =>
      Object.values(item as Json).map((each) => (each as Json).operationId),
    ),
  )

function mergedComponents(own: Json, { securitySchemes: _, ...theirs }: Json): Json {
  const kinds = new Set([...Object.keys(own), ...Object.keys(theirs)])
  return Object.fromEntries(
    [...kinds].map((kind) => [kind, { ...(own[kind] as Json), ...(theirs[kind] as Json) }]),
  )
}
