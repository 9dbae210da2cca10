import { computed } from '@preact/signals'
import { hc } from 'hono/client'
import { useMemo } from 'preact/hooks'
import type { AppType } from '../../../dist/client.d.ts'
import { changed } from '../api/queries.ts'
import { asRefusal, refusalOf } from '../api/refusal.ts'
import { send } from '../api/steward.ts'
import type { Api, Grant } from '../api/types.ts'
import { noteAct } from './acts.ts'
import { isActive, readGrants, useOwnGrants } from './grants.ts'
import { drop, keyOf, readUnder, takeKey } from './keys.ts'

export { readUnder } from './keys.ts'

/** Access to a customer, as it is now. */
export interface Acting {
  grant: Grant
  canWrite: boolean
  /** The API of the customer. */
  api: Api
  fetch: typeof fetch
  /** Sends with the headers that tell the API who acts for whom. */
  by: SendBy
}

type SendBy = <Answer>(sendWith: (headers: Record<string, string>) => Promise<Answer>) => Promise<Answer>

/** Reads again what is shown of it. */
export const changedUnder = ({ grant }: Acting) => changed(...readUnder(grant.id))

/** Returns the access to a customer that this page has; undefined if it has none. To write, if there is such. */
export function useActing(uid: string): Acting | undefined {
  const { grants } = useOwnGrants()
  // By the second there is another present, but seldom another grant.
  const chosen = useMemo(() => computed(() => usable(grants, uid)), [grants, uid])
  const grant = chosen.value
  if (!grant) return undefined
  const by = sendingBy(grant)
  const fetch = actingFetch(grant, by)
  const api = hc<AppType>(location.origin, { fetch })
  return { grant, canWrite: grant.mode === 'write', api, fetch, by }
}

function usable(grants: readonly Grant[], uid: string): Grant | undefined {
  const own = grants.filter((grant) => grant.customer_uid === uid && isActive(grant) && keyOf(grant.id))
  return own.find(({ mode }) => mode === 'write') ?? own[0]
}

/**
 * Returns a function that sends by a grant. Its key ends with the session: after another sign-in there is a new one,
 * and what was refused for the one before is sent once more. @throws Refusal if it is refused
 */
const sendingBy =
  ({ id, customer_uid }: Grant): SendBy =>
  async (sendWith) => {
    const sendBy = (key: string | undefined) =>
      sendWith({ 'X-ADMIN-API-KEY': key ?? '', 'X-CUSTOMER-ID': customer_uid })
    const key = await keyOfSession(id)
    try {
      return await sendBy(key)
    } catch (error) {
      const { status, code } = asRefusal(error)
      if (code === 'consent_required') void changed('grants')
      if (status !== 401) throw error
      // If it is the session that is over, one signs in here; nothing on the screen goes before that.
      await readGrants()
      const another = await keyOfSession(id)
      if (another && another !== key) return sendBy(another)
      drop(id)
      throw error
    }
  }

/** Returns the key of a grant that this page acts by, of the session of now. */
async function keyOfSession(id: string): Promise<string | undefined> {
  if (keyOf(id)) await takeKey(id)
  return keyOf(id)
}

/** Returns a fetch that acts by a grant. @throws Refusal if it is refused */
const actingFetch =
  ({ id }: Grant, by: SendBy): typeof fetch =>
  (input, init = {}) =>
    by(async (identity) => {
      const headers = new Headers({ ...Object.fromEntries(new Headers(init.headers)), ...identity })
      const answer = await send(input, { ...init, headers, credentials: 'omit' })
      noteAct(id, init.method ?? 'GET', String(input), answer)
      if (answer.ok) return answer
      throw await refusalOf(answer)
    })
