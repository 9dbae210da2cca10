import { changed, queries, useThing } from '../api/queries.ts'
import type { Refusal } from '../api/refusal.ts'
import { read, steward } from '../api/steward.ts'
import type { Api, Grant } from '../api/types.ts'
import { serviceNow } from '../session/clock.ts'
import { endings, me } from '../session/session.ts'
import { drop, keep, takeKey } from './keys.ts'

/** Names of customers that were looked at, by uid. */
export const customerNames = new Map<string, string>()

/** Grants that this page asked for: it goes on with them by itself once they are let. */
const askedHere = new Set<string>()

endings.add(() => {
  customerNames.clear()
  askedHere.clear()
})

/** Returns whether one has access by a grant now: that its time is up is known before it is read again. */
export const isActive = ({ status, expires_at }: Grant): boolean =>
  status === 'active' && Date.parse(expires_at ?? '') > serviceNow.value

/** Returns whether one has access by a grant, or waits for it. */
export const isLive = (grant: Grant) => grant.status === 'pending' || isActive(grant)

/** How often one looks whether somebody has decided, and whether access that goes on was ended. */
const WAITING_MS = 4_000
const ACTIVE_MS = 60_000

const OWN = ['grants', 'own']

/** Returns the own grants, newest first, and what kept them from being read. */
export function useOwnGrants(): { grants: readonly Grant[]; error: Refusal | null } {
  const { data = NONE, error } = useThing(OWN, readOwnGrants, howOften)
  return { grants: data, error }
}
const NONE: Grant[] = []

function howOften(grants: Grant[] | undefined): number | false {
  if (!grants || grants.some(({ status }) => status === 'pending')) return WAITING_MS
  return grants.some(({ status }) => status === 'active') && ACTIVE_MS
}

async function readOwnGrants(): Promise<Grant[]> {
  const query = { admin_id: `${me.value?.id}`, per_page: '50' }
  const { data } = await read(steward.admin.access_grants.$get({ query }))
  for (const { id, status } of data) {
    if (status !== 'pending' && status !== 'active') forget(id)
    // If there is no key now, "Go on here" gets one, or says why not.
    if (status === 'active' && askedHere.delete(id)) await takeKey(id).catch(() => undefined)
  }
  return data
}

/** Reads the own grants, and forgets the keys of those that are over. @throws Refusal if it cannot */
export const readGrants = () => queries.fetchQuery({ queryKey: OWN, queryFn: readOwnGrants, staleTime: 0 })

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

/** Ends access, or withdraws what was asked for. */
export async function stop(id: string): Promise<void> {
  await read(steward.admin.access_grants[':id'].end.$post({ param: { id } }))
  forget(id)
  void changed('trail', 'grant', id)
  await changed('grants')
}

function forget(id: string): void {
  askedHere.delete(id)
  drop(id)
}
