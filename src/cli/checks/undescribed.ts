interface Described {
  description?: string
}

interface Operation extends Described {
  parameters?: (Described & { name: string; in: string })[]
}

interface Document {
  paths?: Record<string, Record<string, Operation>>
}

/** Returns what has no description: operations, parameters and members of bodies. */
export function undescribed(document: Document): string[] {
  const operations = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )
  const ofOperations = operations.flatMap(({ id, operation }) => [
    ...(operation.description ? [] : [id]),
    ...(operation.parameters ?? [])
      .filter(({ description }) => !description)
      .map(({ name, in: place }) => `${id}: ${name} in ${place}`),
  ])
  const members = membersOf(document, '#').filter(({ described }) => !described)
  return [...ofOperations, ...members.map(({ pointer }) => pointer)]
}

/** Returns the members of every object's schema, however deep. */
function membersOf(value: unknown, pointer: string): { pointer: string; described: boolean }[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => {
    const here = `${pointer}/${key.replaceAll('/', '~1')}`
    // An example may have members of any name.
    if (key === 'example' || key === 'examples' || key === 'default') return []
    const own = pointer.endsWith('/properties') ? [{ pointer: here, described: describes(part) }] : []
    return [...own, ...membersOf(part, here)]
  })
}

/** Returns whether a schema has a description. A reference needs none. */
const describes = (schema: { description?: string; $ref?: string }) =>
  Boolean(schema.description || schema.$ref)
