import { effect } from '@preact/signals'
import { read, steward } from '../api/steward.ts'
import { waitingCount } from '../parts/page.tsx'
import { attended } from '../session/attended.ts'
import { may } from '../session/may.ts'
import { me } from '../session/session.ts'

/** Grants are asked for while somebody waits; a look at them is no record. */
const LOOK_MS = 60_000

let requests = 0
let grants = 0

const count = () => {
  waitingCount.value = grants + requests
}

/** Grants of others that wait for a colleague, and emergencies that nobody has looked at. */
export async function readWaitingGrants() {
  const list = steward.admin.access_grants
  const [pending, emergencies] = await Promise.all([
    read(list.$get({ query: { status: 'pending', per_page: '100' } })),
    may('break-glass') ? read(list.$get({ query: { review: 'unreviewed', per_page: '100' } })) : { data: [] },
  ])
  const isOthers = ({ admin_id }: { admin_id: number }) => admin_id !== me.value?.id
  const asked = pending.data.filter((grant) => isOthers(grant) && grant.waits_for.includes('colleague'))
  const found = { asked, emergencies: emergencies.data.filter(isOthers) }
  grants = found.asked.length + found.emergencies.length
  count()
  return found
}

/** Requests to disable or enable a customer that wait for a super admin. The look is on record. */
export async function readWaitingRequests() {
  const query = { status: 'pending', per_page: '100' } as const
  const [disable, enable] = await Promise.all([
    read(steward.admin.disable_requests.$get({ query })),
    read(steward.admin.enable_requests.$get({ query })),
  ])
  const found = [
    ...disable.data.map((request) => ({ ...request, kind: 'disable' as const })),
    ...enable.data.map((request) => ({ ...request, kind: 'enable' as const })),
  ]
  requests = found.length
  count()
  return found
}

/** Keeps the count of what waits: of grants by the minute while somebody is there, of requests once, for each look at those is a record. */
export function watchWaiting(): () => void {
  if (!may('approvals')) return () => undefined
  const quiet = () => undefined
  const look = () => void (document.hidden || readWaitingGrants().catch(quiet))
  if (may('requests:decide')) readWaitingRequests().catch(quiet)
  let timer: ReturnType<typeof setInterval> | undefined
  const stop = attended.subscribe((isAttended) => {
    clearInterval(timer)
    if (!isAttended) return
    look()
    timer = setInterval(look, LOOK_MS)
  })
  return () => {
    stop()
    clearInterval(timer)
    waitingCount.value = 0
  }
}

effect(() => {
  if (me.value) return
  requests = 0
  grants = 0
})
