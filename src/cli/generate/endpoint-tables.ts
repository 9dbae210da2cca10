import { createApp } from '../../app.ts'
import { type Permission, ROLES, ruleOf } from '../../auth/permissions.ts'
import { type Access, annotationOf } from '../../http/annotations.ts'
import { openapiDocument, pathTemplate } from '../../openapi/document.ts'

/** An operation of the OpenAPI document, as far as the table needs it. */
interface Operation {
  summary: string
  tags: [string]
}

/** Returns the tables of all endpoints, one for each tag, as Markdown. */
export function endpointTables(): string {
  const app = createApp()
  const access = accessByOperation(app)
  const paths = openapiDocument(app).paths as Record<string, Record<string, Operation>>
  const rows = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { summary, tags }]) => {
      const call = `${method.toUpperCase()} ${path}`
      return { tag: tags[0], row: `| \`${call}\` | ${summary} | ${callersOf(access.get(call))} |` }
    }),
  )
  return [...Map.groupBy(rows, ({ tag }) => tag)]
    .map(([tag, rows]) => `### ${tag}\n\n${HEAD}\n${rows.map(({ row }) => row).join('\n')}\n`)
    .join('\n')
}

const HEAD = '| endpoint | what it does | who may call it |\n|---|---|---|'

function accessByOperation(app: Pick<ReturnType<typeof createApp>, 'routes'>): Map<string, Access> {
  const declared = app.routes.flatMap(({ method, path, handler }) => {
    const { access } = annotationOf(handler)
    return access ? [[`${method} ${pathTemplate(path)}`, access] as const] : []
  })
  return new Map(declared)
}

function callersOf(access: Access | undefined): string {
  switch (access?.kind) {
    case 'public':
      return 'everyone'
    case 'client':
      return 'a registered client, a browser'
    case 'customer':
      return access.ownKeyOnly ? "the customer's own keys only" : 'the customer, or an admin key for it'
    case 'admin':
      return staffWith(access.permission as Permission)
    default:
      throw new Error('a route does not declare who may call it')
  }
}

function staffWith(permission: Permission): string {
  const { roles, scopes = [] } = ruleOf(permission)
  const sessions =
    roles.length === ROLES.length ? 'every role' : roles.map((role) => `\`${role}\``).join(', ')
  const keys = scopes.map((each) => `\`${each}\``).join(', ')
  return keys === '' ? sessions : `${sessions}; keys with ${keys}`
}
