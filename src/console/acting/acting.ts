import { computed, signal } from '@preact/signals'
import { hc } from 'hono/client'
import { useMemo } from 'preact/hooks'
import type { AppType } from '../../../dist/client.d.ts'
import { changed, queries, useThing } from '../api/queries.ts'
import { type Refusal, refusalOf } from '../api/refusal.ts'
import { read, send, steward } from '../api/steward.ts'
import type { Api, Grant } from '../api/types.ts'
import { now } from '../parts/time.tsx'
import { endings, me } from '../session/session.ts'
import { noteAct } from './acts.ts'

/** The keys of grants, by the grant's id: they live here, and die with the page. */
export const grantKeys = signal<ReadonlyMap<string, string>>(new Map())

/** Names of customers that were looked at, by uid. */
export const customerNames = new Map<string, string>()

/** Grants that this page asked for: it goes on with them by itself once they are let. */
const askedHere = new Set<string>()

endings.add(() => {
  grantKeys.value = new Map()
  customerNames.clear()
  askedHere.clear()
})

/** Returns whether one has access by a grant now: that its time is up is known before it is read again. */
export const isActive = ({ status, expires_at }: Grant): boolean =>
  status === 'active' && Date.parse(expires_at ?? '') > now.value

const isLive = (grant: Grant) => grant.status === 'pending' || isActive(grant)

/** How often one looks whether somebody has decided, and whether access that goes on was ended. */
const WAITING_MS = 4_000
const ACTIVE_MS = 60_000

const useOwnGrants = (): readonly Grant[] =>
  useThing(['grants', 'own'], readLiveGrants, howOften).data ?? NONE
const NONE: Grant[] = []

/** Returns the own grants that are not over. */
export const useLiveGrants = (): readonly Grant[] => useOwnGrants().filter(isLive)

const howOften = (grants: Grant[] = []) =>
  grants.length > 0 && (grants.some(({ status }) => status === 'pending') ? WAITING_MS : ACTIVE_MS)

async function readLiveGrants(): Promise<Grant[]> {
  const query = { admin_id: `${me.value?.id}`, per_page: '50' }
  const { data } = await read(steward.admin.access_grants.$get({ query }))
  const live = data.filter(isLive)
  for (const grant of data) if (!isLive(grant)) drop(grant.id)
  for (const { id, status } of live) if (status === 'active' && askedHere.has(id)) await takeKey(id)
  return live
}

/** Asks for access. */
export async function ask(
  json: Parameters<Api['admin']['access_grants']['$post']>[0]['json'],
): Promise<Grant> {
  const { data } = await read(steward.admin.access_grants.$post({ json }))
  askedHere.add(data.id)
  if (data.key) keep(data.id, data.key)
  await changed('grants')
  return data
}

/** Gets the key of a grant, so that this page acts by it. */
export async function takeKey(id: string): Promise<void> {
  if (grantKeys.value.has(id)) return
  const { data } = await read(steward.admin.access_grants[':id'].key.$post({ param: { id } }))
  keep(id, data.key)
}

/** Ends access, or withdraws what was asked for. */
export async function stop(id: string): Promise<void> {
  await read(steward.admin.access_grants[':id'].end.$post({ param: { id } }))
  drop(id)
  await changed('grants')
}

const keep = (id: string, key: string) => {
  grantKeys.value = new Map([...grantKeys.value, [id, key]])
}

/** Forgets the key of a grant, and what was read by it. */
function drop(id: string): void {
  askedHere.delete(id)
  if (!grantKeys.value.has(id)) return
  grantKeys.value = new Map([...grantKeys.value].filter(([other]) => other !== id))
  queries.removeQueries({ queryKey: readUnder(id) })
}

/** Returns the key of what was read by a grant. What the next one reads is an act of its own. */
export const readUnder = (id: string, ...what: string[]) => ['acting', id, ...what]

/** Access to a customer, as it is now. */
export interface Acting {
  grant: Grant
  canWrite: boolean
  /** The API of the customer. */
  api: Api
  fetch: typeof fetch
  /** What tells the API who acts for whom. */
  headers: Record<string, string>
}

/** Reads again what is shown of it. */
export const changedUnder = ({ grant }: Acting) => changed(...readUnder(grant.id))

/** Returns the access to a customer that this page has; undefined if it has none. To write, if there is such. */
export function useActing(uid: string): Acting | undefined {
  const grants = useOwnGrants()
  // By the second there is another present, but seldom another grant.
  const chosen = useMemo(() => computed(() => usable(grants, uid)), [grants, uid])
  const grant = chosen.value
  if (!grant) return undefined
  const headers = { 'X-ADMIN-API-KEY': grantKeys.value.get(grant.id) ?? '', 'X-CUSTOMER-ID': uid }
  const fetch = actingFetch(grant, headers)
  const api = hc<AppType>(location.origin, { fetch })
  return { grant, canWrite: grant.mode === 'write', api, fetch, headers }
}

function usable(grants: readonly Grant[], uid: string): Grant | undefined {
  const own = grants.filter(
    (grant) => grant.customer_uid === uid && isActive(grant) && grantKeys.value.has(grant.id),
  )
  return own.find(({ mode }) => mode === 'write') ?? own[0]
}

/** Returns a fetch that acts by a grant. @throws Refusal if it is refused */
function actingFetch({ id }: Grant, identity: Record<string, string>): typeof fetch {
  return async (input, init = {}) => {
    const headers = new Headers(init.headers)
    for (const [name, value] of Object.entries(identity)) headers.set(name, value)
    const answer = await send(input, { ...init, headers, credentials: 'omit' })
    noteAct(id, init.method ?? 'GET', String(input), answer)
    if (answer.ok) return answer
    const refusal = await refusalOf(answer)
    refusedUnder(id, refusal)
    throw refusal
  }
}

/** Gives up the access that a refusal says is over. */
export function refusedUnder(id: string, { status, code }: Refusal): void {
  if (status === 401) drop(id)
  if (['key_invalid', 'consent_required'].includes(code)) void changed('grants')
}
