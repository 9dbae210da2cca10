import { signal } from '@preact/signals'
import { queries } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import { endings, signIns } from '../session/session.ts'

/** The key of a grant, which ends with the session that took it: by which sign-in it was taken. */
interface Held {
  key: string
  signIn: number
}

/** The keys of grants, by the grant's id: they live here, and die with the page. */
const held = signal<ReadonlyMap<string, Held>>(new Map())
endings.add(() => {
  held.value = new Map()
})

/** Returns the key by which this page acts, if it does by this grant. */
export const keyOf = (id: string): string | undefined => held.value.get(id)?.key

/** Keeps the key of a grant that was just given. */
export const keep = (id: string, key: string) => {
  held.value = new Map([...held.value, [id, { key, signIn: signIns.value }]])
}

/** Forgets the key of a grant, and what was read by it. */
export function drop(id: string): void {
  if (!held.value.has(id)) return
  held.value = new Map([...held.value].filter(([other]) => other !== id))
  queries.removeQueries({ queryKey: readUnder(id) })
}

/** Returns the key of what was read by a grant. What the next one reads is an act of its own. */
export const readUnder = (id: string, ...what: string[]) => ['acting', id, ...what]

const taking = new Map<string, Promise<void>>()

/**
 * Gets the key of a grant, so that this page acts by it. One that it has stays until somebody signs in again: a new one
 * ends the one before, which may be another tab's.
 */
export async function takeKey(id: string): Promise<void> {
  if (held.value.get(id)?.signIn === signIns.value) return
  // Two at once would end each other's.
  const taken = taking.get(id) ?? requestKey(id).finally(() => taking.delete(id))
  taking.set(id, taken)
  return taken
}

async function requestKey(id: string): Promise<void> {
  const { data } = await read(steward.admin.access_grants[':id'].key.$post({ param: { id } }))
  keep(id, data.key)
}
