import { env } from 'cloudflare:workers'
import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/recording/event.ts'
import { isGivenBy, type Permission, ROLES, type Role, ruleOf, SCOPES } from '../../src/auth/permissions.ts'
import { adminSessions, admins, clients } from '../../src/db/schema/staff.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type Answer, call, checksum } from '../support/calls/http.ts'
import { type Route, routeTable } from '../support/calls/routes.ts'
import {
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeCustomer,
  makeSession,
} from '../support/factories.ts'
import { listenedQueue } from '../support/trail/audit.ts'

/** Every route of the admin surface that wants to know who calls. */
const ROUTES = routeTable().filter(({ access }) => access?.kind === 'admin' || access?.kind === 'client')

const isWrite = ({ method }: Route) => method !== 'GET'
const ruleFor = ({ access }: Route) =>
  access?.kind === 'admin' ? ruleOf(access.permission as Permission) : undefined

/** What a super_admin may not do to another's key either. */
const OWNERS_ONLY = '/admin/api_keys/:id/roll'

type Credentials = Record<string, string>

/** What the paths of all routes can name. Each is there, so that a call that gets through does something. */
async function makeThings() {
  const [owner, client, customer] = [await makeAdmin('admin'), await makeClient(), await makeCustomer()]
  await makeSession(owner.adminId)
  const [session] = await database().select({ id: adminSessions.id }).from(adminSessions)
  const { id: apiKeyId } = await makeAdminKey(owner)
  return {
    adminId: `${owner.adminId}`,
    clientId: client.id,
    customerUid: customer.uid,
    sessionId: session?.id,
    apiKeyId,
  }
}

type Things = Awaited<ReturnType<typeof makeThings>>

/** The path with what it names filled in: by what stands before the parameter, an account where nothing else does. */
function filled({ path }: Route, things: Things): string {
  const named: Record<string, string | undefined> = {
    api_keys: things.apiKeyId,
    clients: things.clientId,
    customers: things.customerUid,
    sessions: things.sessionId,
    audit: 'aud_0000000000000000000000',
  }
  return path.replace(/([^/]+)\/:\w+(\{[^}]*\})?/g, (_, before: string) => {
    return `${before}/${named[before] ?? things.adminId}`
  })
}

/** All rows of the database but the trail, and but when a key was last used: that is noted of refused calls too. */
async function storedRows(): Promise<unknown> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
  ).all<{ name: string }>()
  const tables = results.map(({ name }) => name).filter((name) => !/^(audit_|sqlite_|d1_)/.test(name))
  const rows = await env.DB.batch(tables.map((name) => env.DB.prepare(`SELECT * FROM "${name}"`)))
  return rows.map(({ results: found }, i) => [
    tables[i],
    found.map((row) => ({ ...(row as Record<string, unknown>), last_used_at: null })),
  ])
}

/** A way to call one route with any credentials, and what it put on record. */
async function routeCaller(route: Route) {
  const client = await makeClient()
  const path = filled(route, await makeThings())
  const { events, bindings } = listenedQueue()
  const body = route.takesBody ? '{}' : undefined
  const signed: Credentials = {
    'SWI-CID': client.id,
    ...(body !== undefined && {
      'SWI-CS': checksum(client.secret, body),
      'Content-Type': 'application/json',
    }),
  }
  const ask = (headers: Credentials): Promise<Answer> =>
    call(path, { method: route.method, body, headers, via: (request) => fetchWith(bindings, request) })
  const session = async (adminId: number) => ({ Authorization: `Bearer ${await makeSession(adminId)}` })
  return { path, client, signed, ask, session, events }
}

/** A role that may call the route. */
const allowedRole = (route: Route): Role => ruleFor(route)?.roles.at(-1) ?? 'super_admin'

const without = (headers: Credentials, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

test('the table holds the routes that were there when this was written, at least', () => {
  const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
  expect(names).toEqual(
    expect.arrayContaining(['POST /admin/login', 'GET /admin', 'POST /admin/api_keys', 'GET /admin/audit']),
  )
  expect(names.length).toBeGreaterThan(25)
})

describe.each(ROUTES)('$method $path', (route) => {
  const rule = ruleFor(route)

  test('refuses who is not identified, and nothing changes', async () => {
    const { ask, signed, session, events, client } = await routeCaller(route)
    const other = await makeClient()
    await database().update(clients).set({ disabledAt: 1 }).where(eq(clients.id, other.id))
    const mayCall = await session((await makeAdmin(allowedRole(route))).adminId)
    const disabled = await makeAdmin(allowedRole(route))
    const gone = await session(disabled.adminId)
    await database().update(admins).set({ disabledAt: 1 }).where(eq(admins.id, disabled.adminId))
    const wrongSum = { 'SWI-CS': checksum(`${client.secret}!`, route.takesBody ? '{}' : '') }
    const signedAndIn = { ...signed, ...mayCall }
    const table: [string, Credentials, string][] = [
      ['no client', without(signedAndIn, 'SWI-CID'), 'client_unknown'],
      ['an unknown client', { ...signedAndIn, 'SWI-CID': 'client_0000000000000000000000' }, 'client_unknown'],
      ['a disabled client', { ...signedAndIn, 'SWI-CID': other.id }, 'client_unknown'],
      ['a wrong checksum', { ...signedAndIn, ...wrongSum }, 'checksum_mismatch'],
    ]
    if (route.takesBody) table.push(['no checksum', without(signedAndIn, 'SWI-CS'), 'checksum_missing'])
    if (rule) {
      table.push(
        ['no token', signed, 'session_invalid'],
        [
          'an unknown token',
          { ...signed, Authorization: `Bearer stw_session_${'x'.repeat(43)}` },
          'session_invalid',
        ],
        ['a disabled admin', { ...signed, ...gone }, 'session_invalid'],
      )
    }
    const before = await storedRows()
    for (const [who, headers, code] of table) {
      expect(await ask(headers), who).toMatchObject({ status: 401, json: { code } })
    }
    expect(await storedRows()).toEqual(before)
    expect(events, 'nobody is known to have asked').toEqual([])
  })

  test('refuses who may not, nothing changes, and it is on record', async () => {
    const { path, ask, signed, session, events } = await routeCaller(route)
    const refused: [string, Credentials, string, number][] = []
    const key = async (scopes: readonly (typeof SCOPES)[number][]) => {
      const owner = await makeAdmin('super_admin')
      return {
        adminId: owner.adminId,
        headers: { 'X-ADMIN-API-KEY': (await makeAdminKey(owner, { scopes: [...scopes] })).key },
      }
    }
    const uncovered = await key(SCOPES.filter((scope) => !rule || !isGivenBy(rule, [scope])))
    refused.push(['a key without the scope', uncovered.headers, 'scope_insufficient', uncovered.adminId])
    if (rule) {
      for (const role of ROLES.filter((each) => !rule.roles.includes(each))) {
        const { adminId } = await makeAdmin(role)
        refused.push([`a ${role}`, { ...signed, ...(await session(adminId)) }, 'forbidden', adminId])
      }
    }
    if (rule && !rule.withPendingPassword) {
      for (const pending of [{ hasChangedPassword: false }, { passwordExpiresAt: 1 }]) {
        const { adminId } = await makeAdmin(allowedRole(route))
        await database().update(admins).set(pending).where(eq(admins.id, adminId))
        const headers = { ...signed, ...(await session(adminId)) }
        refused.push([JSON.stringify(pending), headers, 'password_change_required', adminId])
      }
    }
    const before = await storedRows()
    for (const [who, headers, code, adminId] of refused) {
      events.length = 0
      expect(await ask(headers), who).toMatchObject({ status: 403, json: { code } })
      expect(events, who).toMatchObject([
        {
          stage: 'completed',
          actor: { type: 'admin', admin_id: adminId },
          action: { method: route.method, route: route.path.replace(/\{.*?\}/g, ''), path },
          outcome: { status: 403, result: 'refused' },
        },
      ])
      if (route.path.includes(':')) expectTarget(route, path, events)
      expectNoSecrets(events, headers)
    }
    expect(await storedRows()).toEqual(before)
  })

  if (!rule) return

  test('lets in who may, and a change is on record before and after', async () => {
    const { ask, signed, session, events } = await routeCaller(route)
    const allowed: [string, Credentials][] = []
    for (const role of rule.roles)
      allowed.push([role, { ...signed, ...(await session((await makeAdmin(role)).adminId)) }])
    if (rule.withPendingPassword) {
      const { adminId } = await makeAdmin(allowedRole(route))
      await database().update(admins).set({ hasChangedPassword: false }).where(eq(admins.id, adminId))
      allowed.push(['an unfinished password', { ...signed, ...(await session(adminId)) }])
    }
    if (rule.scope) {
      const { key } = await makeAdminKey(await makeAdmin('super_admin'), { scopes: [rule.scope] })
      allowed.push([
        'a key with the scope',
        { 'X-ADMIN-API-KEY': key, ...(route.takesBody && { 'Content-Type': 'application/json' }) },
      ])
    }
    for (const [who, headers] of allowed) {
      events.length = 0
      const { status, json } = await ask(headers)
      if (route.path !== OWNERS_ONLY) expect([401, 403], `${who}: ${json?.code}`).not.toContain(status)
      expect(status, who).toBeLessThan(500)
      const stages = events.map(({ stage }) => stage)
      expect(stages, who).toEqual(stagesOf(route))
      if (stages.length > 0 && route.path.includes(':')) expectTarget(route, '', events)
      expectNoSecrets(events, headers)
    }
  })
})

/** A read is on record where it is about customers' data or about the trail. */
function stagesOf(route: Route): string[] {
  if (isWrite(route) || route.path === '/admin/audit/export') return ['received', 'completed']
  return /^\/admin\/(customers|audit)/.test(route.path) ? ['completed'] : []
}

/** Each record names what the path names: `requires(permission, targetType)` sees to it. */
function expectTarget(route: Route, path: string, events: AuditEvent[]): void {
  const index = route.path.split('/').findIndex((part) => part.startsWith(':'))
  const id = path ? path.split('/')[index] : expect.any(String)
  for (const { target } of events)
    expect(target, 'requires() of this route names no target type').toEqual({ type: expect.any(String), id })
}

function expectNoSecrets(events: AuditEvent[], headers: Credentials): void {
  const kept = JSON.stringify(events)
  for (const name of ['Authorization', 'X-ADMIN-API-KEY', 'SWI-CS']) {
    const secret = headers[name]?.replace('Bearer ', '')
    if (secret) expect(kept).not.toContain(secret)
  }
}

describe('what the contract says of roles', () => {
  const everybody = [...ROLES]
  const contract: [RegExp, Role[]][] = [
    [/^(GET|DELETE) \/admin\/sessions/, everybody],
    [/^DELETE \/admin\/:id\{\[0-9\]\+\}\/sessions$/, ['super_admin']],
    [/ \/admin\/api_keys/, everybody],
    [/ \/admin\/clients/, ['super_admin']],
    [/^GET \/admin\/customers/, everybody],
    [/ \/admin\/customers/, ['admin', 'super_admin']],
    [/ \/admin\/audit/, ['super_admin']],
    [/^GET \/admin(\/list|\/:id\{\[0-9\]\+\})?$/, everybody],
    [/^POST \/admin\/(new|disable|enable|reset_password|unlock|role)/, ['super_admin']],
    [/^POST \/admin\/(logout|update_password)$/, everybody],
  ]

  test.each(ROUTES.filter(({ access }) => access?.kind === 'admin'))('$method $path', (route) => {
    const said = contract.find(([pattern]) => pattern.test(`${route.method} ${route.path}`))
    if (said) expect(ruleFor(route)?.roles.toSorted()).toEqual(said[1].toSorted())
  })
})
