import { eq } from 'drizzle-orm'
import { describe, expect, test } from 'vitest'
import type { AuditEvent } from '../../src/audit/recording/event.ts'
import {
  isGivenBy,
  type Permission,
  ROLES,
  type Role,
  ruleOf,
  SCOPES,
  type Scope,
} from '../../src/auth/permissions.ts'
import { admins, clients } from '../../src/db/schema/staff.ts'
import { fetchWith } from '../support/bindings/bindings.ts'
import { type Answer, call, checksum } from '../support/calls/http.ts'
import { withoutPatterns } from '../support/calls/paths.ts'
import { type Route, roleFor, routeTable } from '../support/calls/routes.ts'
import { ROUTES_WITH_BODIES, validBody } from '../support/calls/valid-bodies.ts'
import { makeWorld } from '../support/calls/world.ts'
import {
  database,
  makeAdmin,
  makeAdminKey,
  makeClient,
  makeCustomer,
  makeSession,
} from '../support/factories.ts'
import { storedRows } from '../support/stored.ts'
import { listenedQueue } from '../support/trail/audit.ts'
import { UNKNOWN_CLIENT_ID } from '../support/unknown.ts'

/** Every route of the admin surface that wants to know who calls. */
const ROUTES = routeTable().filter(({ access }) => access?.kind === 'admin' || access?.kind === 'client')

const isWrite = ({ method }: Route) => method !== 'GET'
const ruleFor = ({ access }: Route) =>
  access?.kind === 'admin' ? ruleOf(access.permission as Permission) : undefined

/** What is about all customers, so that a key for some of them does not do. */
const OF_ALL_CUSTOMERS = /^(POST \/admin\/customers|GET \/admin\/audit(\/export|\/:id.*)?)$/

type Credentials = Record<string, string>

/** A world in which a valid call of one route can be made with any credentials, and what it put on record. */
async function routeCaller(route: Route, role = roleFor(route)) {
  const world = await makeWorld(role)
  const path = world.path(route.path, route.method)
  const { events: sent, bindings } = listenedQueue()
  const content = validBody(route, world)
  const body = content === undefined ? undefined : JSON.stringify(content)
  const type: Credentials = body === undefined ? {} : { 'Content-Type': 'application/json' }
  const { Authorization: ownSession = '', ...headers } = world.headers('staff', body)
  const signed: Credentials = { ...headers, ...type }
  const ask = (credentials: Credentials): Promise<Answer> =>
    call(path, {
      method: route.method,
      body,
      headers: credentials,
      via: (request) => fetchWith(bindings, request),
    })
  const session = async (adminId: number) => ({ Authorization: `Bearer ${await makeSession(adminId)}` })
  /** What this call put on record: a dead letter that it sends again goes the same way. */
  const events = () => sent.splice(0).filter(({ action }) => action.path === path)
  return {
    ...world,
    path,
    body: body ?? '',
    signed,
    type,
    own: { Authorization: ownSession },
    browser: world.headers('browser'),
    ask,
    session,
    events,
  }
}

const without = (headers: Credentials, name: string) =>
  Object.fromEntries(Object.entries(headers).filter(([each]) => each !== name))

test('the table holds the routes that were there when this was written, at least', () => {
  const names = ROUTES.map(({ method, path }) => `${method} ${path}`)
  expect(names).toEqual(
    expect.arrayContaining(['POST /admin/login', 'GET /admin', 'POST /admin/api_keys', 'GET /admin/audit']),
  )
  expect(names.length).toBeGreaterThan(25)
})

test('each route that takes a body has a valid one in the table, and no other', () => {
  const taking = routeTable().filter(({ takesBody, access }) => takesBody && access?.kind !== 'public')
  expect(ROUTES_WITH_BODIES.toSorted()).toEqual(
    taking.map(({ method, path }) => `${method} ${path}`).toSorted(),
  )
})

describe.each(ROUTES)('$method $path', (route) => {
  const rule = ruleFor(route)

  test('refuses who is not identified, and nothing changes', async () => {
    const { ask, signed, own, session, events, client, body } = await routeCaller(route)
    const other = await makeClient()
    await database().update(clients).set({ disabledAt: 1 }).where(eq(clients.id, other.id))
    const disabled = await makeAdmin(roleFor(route))
    const gone = await session(disabled.adminId)
    await database().update(admins).set({ disabledAt: 1 }).where(eq(admins.id, disabled.adminId))
    const wrongSum = { 'SWI-CS': checksum(`${client.secret}!`, body) }
    const signedAndIn = { ...signed, ...own }
    const table: [string, Credentials, string][] = [
      ['no client', without(signedAndIn, 'SWI-CID'), 'client_unknown'],
      ['an unknown client', { ...signedAndIn, 'SWI-CID': UNKNOWN_CLIENT_ID }, 'client_unknown'],
      ['a disabled client', { ...signedAndIn, 'SWI-CID': other.id }, 'client_unknown'],
      ['a wrong checksum', { ...signedAndIn, ...wrongSum }, 'checksum_mismatch'],
    ]
    if (route.takesBody) table.push(['no checksum', without(signedAndIn, 'SWI-CS'), 'checksum_missing'])
    if (rule) {
      const unknown = { Authorization: `Bearer stw_session_${'x'.repeat(43)}` }
      table.push(
        ['no token', signed, 'session_invalid'],
        ['an unknown token', { ...signed, ...unknown }, 'session_invalid'],
        ['a disabled admin', { ...signed, ...gone }, 'session_invalid'],
      )
    }
    const before = await storedRows()
    for (const [who, headers, code] of table) {
      expect.soft(await ask(headers), who).toMatchObject({ status: 401, json: { code } })
    }
    expect(await storedRows()).toEqual(before)
    expect(events(), 'nobody is known to have asked').toEqual([])
  })

  test('refuses who may not, nothing changes, and it is on record', async () => {
    const { path, ask, signed, type, session, events } = await routeCaller(route)
    const refused: [string, Credentials, string, number][] = []
    const owner = await makeAdmin('super_admin')
    const key = async (input: Parameters<typeof makeAdminKey>[1]) => ({
      ...type,
      'X-ADMIN-API-KEY': (await makeAdminKey(owner, input)).key,
    })
    const uncovered = await key({ scopes: SCOPES.filter((scope) => !rule || !isGivenBy(rule, [scope])) })
    refused.push(['a key without the scope', uncovered, 'scope_insufficient', owner.adminId])
    if (OF_ALL_CUSTOMERS.test(`${route.method} ${route.path}`)) {
      const limited = await key({ scopes: [...SCOPES], customers: [(await makeCustomer()).uid] })
      refused.push(['a key that is limited to a customer', limited, 'scope_insufficient', owner.adminId])
    }
    if (rule) {
      for (const role of ROLES.filter((each) => !rule.roles.includes(each))) {
        const { adminId } = await makeAdmin(role)
        refused.push([`a ${role}`, { ...signed, ...(await session(adminId)) }, 'forbidden', adminId])
      }
    }
    if (rule && !rule.mayOwe?.includes('password_change')) {
      for (const pending of [{ hasChangedPassword: false }, { passwordExpiresAt: 1 }]) {
        const { adminId } = await makeAdmin(roleFor(route))
        await database().update(admins).set(pending).where(eq(admins.id, adminId))
        const headers = { ...signed, ...(await session(adminId)) }
        refused.push([JSON.stringify(pending), headers, 'password_change_required', adminId])
      }
    }
    const before = await storedRows()
    for (const [who, headers, code, adminId] of refused) {
      expect.soft(await ask(headers), who).toMatchObject({ status: 403, json: { code } })
      const recorded = events()
      expect.soft(recorded, who).toMatchObject([
        {
          stage: 'completed',
          actor: { type: 'admin', admin_id: adminId },
          action: { method: route.method, route: withoutPatterns(route.path), path },
          outcome: { status: 403, result: 'refused' },
        },
      ])
      if (route.path.includes(':')) expectTarget(route, path, recorded)
      expectNoSecrets(recorded, headers)
    }
    expect(await storedRows()).toEqual(before)
  })

  test.each(allowedBy(rule))('lets in $who, and a change is on record before and after', async (caller) => {
    const { ask, signed, type, own, browser, events, admin } = await routeCaller(route, caller.role)
    if (caller.pending) {
      await database().update(admins).set(caller.pending).where(eq(admins.id, admin.adminId))
    }
    const key = async (scope: Scope) => ({
      ...type,
      'X-ADMIN-API-KEY': (await makeAdminKey(admin, { scopes: [scope] })).key,
    })
    const { Cookie = '', ...page } = browser
    const inBrowser = { ...type, ...page, ...(rule && { Cookie }) }
    const throughClient = caller.inBrowser ? inBrowser : { ...signed, ...(rule && own) }
    const headers = caller.scope ? await key(caller.scope) : throughClient
    const { status, text } = await ask(headers)
    expect(status, text).toBeLessThan(300)
    const recorded = events()
    expect(recorded.map(({ stage }) => stage)).toEqual(stagesOf(route))
    if (recorded.length > 0 && route.path.includes(':')) expectTarget(route, '', recorded)
    expectNoSecrets(recorded, headers)
  })
})

interface Allowed {
  who: string
  role?: Role
  scope?: Scope
  pending?: Partial<typeof admins.$inferInsert>
  inBrowser?: true
}

/** Who a rule lets in; without one, a registered client. */
function allowedBy(rule: ReturnType<typeof ruleFor>): Allowed[] {
  if (!rule) return [{ who: 'a client' }, { who: 'a browser', inBrowser: true }]
  const { roles, scopes = [], mayOwe } = rule
  return [
    ...roles.map((role) => ({ who: `a ${role}`, role })),
    ...roles.map((role) => ({ who: `a ${role} in a browser`, role, inBrowser: true as const })),
    ...scopes.map((each) => ({ who: `a key with ${each}`, role: 'super_admin' as const, scope: each })),
    ...(mayOwe?.includes('password_change')
      ? [{ who: 'an unfinished password', pending: { hasChangedPassword: false } }]
      : []),
  ]
}

/** A read is on record where it is about customers' data or about the trail. */
function stagesOf(route: Route): string[] {
  if (route.access?.kind === 'client') return ['completed']
  if (isWrite(route) || route.path === '/admin/audit/export') return ['received', 'completed']
  return /^\/admin\/(customers|audit|(dis|en)able_requests)/.test(route.path) ? ['completed'] : []
}

/** Each record names what the path names: the row of its permission says as what. */
function expectTarget(route: Route, path: string, events: AuditEvent[]): void {
  const index = route.path.split('/').findIndex((part) => part.startsWith(':'))
  const id = path ? path.split('/')[index] : expect.any(String)
  for (const { target } of events)
    expect(target, 'the row of this route names no target').toEqual({ type: expect.any(String), id })
}

function expectNoSecrets(events: AuditEvent[], headers: Credentials): void {
  const kept = JSON.stringify(events)
  for (const name of ['Authorization', 'X-ADMIN-API-KEY', 'SWI-CS', 'Cookie']) {
    const secret = headers[name]?.replace(/^Bearer |^.*=/, '')
    if (secret) expect(kept).not.toContain(secret)
  }
}

describe('what the contract says of roles', () => {
  const everybody = [...ROLES]
  const contract: [RegExp, Role[]][] = [
    [/^(GET|DELETE) \/admin\/sessions/, everybody],
    [/^DELETE \/admin\/:id\{\[0-9\]\+\}\/sessions$/, ['super_admin']],
    [/ \/admin\/api_keys/, everybody],
    [/^POST \/admin\/access_grants\/:id\/(approve|decline)$/, ['admin', 'super_admin']],
    [/^POST \/admin\/access_grants\/:id\/review$/, ['super_admin']],
    [/ \/admin\/access_grants/, everybody],
    [/^GET \/admin\/impersonation$/, everybody],
    [/ \/admin\/impersonation/, ['super_admin']],
    [/ \/admin\/clients/, ['super_admin']],
    [/^GET \/admin\/customers/, everybody],
    [/ \/admin\/customers/, ['admin', 'super_admin']],
    [/^GET \/admin\/(dis|en)able_requests/, everybody],
    [/ \/admin\/(dis|en)able_requests\/(approve|decline)\//, ['super_admin']],
    [/ \/admin\/(dis|en)able_requests/, ['customer_success']],
    [/ \/admin\/audit/, ['super_admin']],
    [/^GET \/admin(\/list|\/:id\{\[0-9\]\+\})?$/, everybody],
    [
      /^POST \/admin\/(new|(disable|enable|reset_password|unlock|role|revoke_credentials)\/)/,
      ['super_admin'],
    ],
    [/^POST \/admin\/(logout|update_password)$/, everybody],
  ]

  test.each(ROUTES.filter(({ access }) => access?.kind === 'admin'))('$method $path', (route) => {
    const said = contract.find(([pattern]) => pattern.test(`${route.method} ${route.path}`))
    expect(said, 'what the contract says of this route').toBeDefined()
    expect(ruleFor(route)?.roles.toSorted()).toEqual(said?.[1].toSorted())
  })
})
