import type { Json } from '../openapi/components.ts'

/** Their components have names of their own, so that a schema of the same name here stays what it is. */
const COMPONENT_PREFIX = 'Attached.'

const COMPONENT = /^#\/components\/([^/]+)\/(.+)$/

/** Who calls is Steward's to find out, whatever the API says of itself. */
const SECURITY = [{ customerKey: [] }, { adminKey: [], customer: [] }]

/** What is referred to is copied to each place that names it: as much of that as twice what may be read of a document. */
const MAX_COPIED = 8 * 1024 * 1024

/** The methods that are passed on. */
const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head']

/** Reads another API's document, in which every reference to a component has the name that this one gets here. */
export const readDocument = (json: string): unknown =>
  JSON.parse(json, (_, value: unknown) =>
    typeof value === 'string' ? value.replace(COMPONENT, `#/components/$1/${COMPONENT_PREFIX}$2`) : value,
  )

/**
 * Returns a document less the paths that another API answers, and with those operations of that one's document, as it was
 * read, that lie below the prefixes. They have what Steward's own always have; what is not as OpenAPI has it is passed over.
 * @throws Error if it would be far larger than what was read
 */
export function merged(own: Json, theirs: Json, prefixes: readonly string[]): Json {
  const paths = Object.entries(members(own.paths)).filter(([path]) => !isBelow(path, prefixes))
  const ids = new Set(paths.flatMap(([, item]) => Object.values(members(item)).map(idOf)))
  const tags = byName(own.tags)
  const theirTags = byName(theirs.tags)
  const usualTag = text(members(theirs.info).title) ?? 'Attached API'
  const base = basePathOf(theirs)
  const referred = referredIn(theirs)
  for (const [name, item] of Object.entries(members(theirs.paths))) {
    const path = base + name
    const operations = isBelow(path, prefixes) ? operationsOf(path, referred(item), usualTag) : []
    for (const [, operation] of operations) {
      const id = operation.operationId
      const other = `attached_${id}`
      if (ids.has(id)) operation.operationId = ids.has(other) ? `${other}_${ids.size}` : other
      ids.add(operation.operationId)
      operation.parameters = unique(operation.parameters.map(referred))
      for (const name of operation.tags) tags.set(name, tags.get(name) ?? theirTags.get(name) ?? { name })
    }
    if (operations.length > 0) paths.push([path, Object.fromEntries(operations)])
  }
  return {
    ...own,
    tags: [...tags.values()],
    paths: Object.fromEntries(paths),
    components: mergedComponents(members(own.components), members(theirs.components)),
  }
}

const isBelow = (path: string, prefixes: readonly string[]) =>
  prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`))

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const members = (value: unknown): Json => (isObject(value) ? value : {})

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)

const nameOf = (tag: unknown) => members(tag).name

const byName = (tags: unknown) => new Map(list(tags).map((tag) => [nameOf(tag), tag]))

const idOf = (operation: unknown) => members(operation).operationId

/**
 * The path that the paths of a document begin with: that of the first of its servers, whose variables have their defaults
 * (https://spec.openapis.org/oas/v3.1.1.html#server-object).
 */
function basePathOf({ servers }: Json): string {
  const { url, variables } = members(list(servers)[0])
  const usual = `${url ?? '/'}`.replace(
    /\{([^{}]*)\}/g,
    (variable, name: string) => `${members(members(variables)[name]).default ?? variable}`,
  )
  return URL.canParse(usual, 'http://host') ? new URL(usual, 'http://host').pathname.replace(/\/$/, '') : ''
}

/** Returns the function for what a value is, or refers to. It throws once all that it gave is too much. */
function referredIn({ components }: Json): (value: unknown) => Json {
  const lengths = new Map<Json, number>()
  let left = MAX_COPIED
  return (value) => {
    const [, kind, name] = COMPONENT.exec(`${members(value).$ref}`) ?? []
    const found = members(
      kind && name ? members(members(components)[kind])[name.slice(COMPONENT_PREFIX.length)] : value,
    )
    const length = lengths.get(found) ?? JSON.stringify(found).length
    lengths.set(found, length)
    left -= length
    if (left < 0)
      throw new Error(`with what it refers to, the document is longer than ${MAX_COPIED} characters`)
    return found
  }
}

/** The operations of a path item by their methods, with what each of Steward's own has. */
const operationsOf = (path: string, item: Json, usualTag: string) =>
  METHODS.filter((method) => isObject(item[method])).map((method) => {
    const { servers: _, ...operation } = members(item[method])
    const tags = list(operation.tags).filter(text)
    const usual = {
      ...operation,
      operationId: text(operation.operationId) ?? method + path.replace(/\W+/g, '_'),
      summary: text(operation.summary) ?? `${method.toUpperCase()} ${path}`,
      tags: tags.length > 0 ? tags : [usualTag],
      parameters: [...list(item.parameters), ...list(operation.parameters)],
      security: SECURITY,
      responses: members(operation.responses),
    }
    return [method, usual] as const
  })

/** Parameters, of which the last one of a name and place counts: that of the operation. */
const unique = (parameters: Json[]) => [
  ...new Map(parameters.filter(nameOf).map((each) => [`${each.in} ${each.name}`, each])).values(),
]

function mergedComponents(own: Json, { securitySchemes: _, ...theirs }: Json): Json {
  const groups = Object.entries(theirs).map(([kind, group]) => {
    const renamed = Object.entries(members(group)).map(([name, value]) => [COMPONENT_PREFIX + name, value])
    return [kind, { ...members(own[kind]), ...Object.fromEntries(renamed) }]
  })
  return { ...own, ...Object.fromEntries(groups) }
}
