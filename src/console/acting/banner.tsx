import { useEffect } from 'preact/hooks'
import { Link, useLocation } from 'wouter-preact'
import type { Grant } from '../api/types.ts'
import { Action, useAction } from '../parts/action.tsx'
import { Problem } from '../parts/problem.tsx'
import { asClock } from '../parts/time.tsx'
import { serviceNow } from '../session/clock.ts'
import { customerNames, isActive, stop, useOwnGrants } from './grants.ts'
import { keyOf, takeKey } from './keys.ts'

/** For whom one acts, how long still, and the way to stop: on every screen. */
export function ActingBanner() {
  const { grants, error } = useOwnGrants()
  const active = grants.filter(isActive)
  if (active.length === 0 && !error) return null
  return (
    <section class="acting" aria-label="Acting for">
      {active.map((grant, place) => (
        <ActingRow key={grant.id} grant={grant} isFirst={place === 0} />
      ))}
      {error && <p>Whether you have access to a customer could not be read. It is tried again by itself.</p>}
      <Problem of={error} />
    </section>
  )
}

/** The keys stop what is shown first: held down, they stop no other. */
function ActingRow({ grant, isFirst }: { grant: Grant; isFirst: boolean }) {
  const { id, customer_uid: uid, mode, expires_at } = grant
  const [, navigate] = useLocation()
  const stopping = useAction(async () => {
    await stop(id)
    navigate(`/grants/${id}`)
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!event.altKey || !event.shiftKey || event.code !== 'KeyS') return
      event.preventDefault()
      if (!event.repeat) void stopping.run()
    }
    if (!isFirst) return
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  })
  const left = Date.parse(expires_at ?? '') - serviceNow.value
  const base = `/customers/${uid}`
  return (
    <div class="acting-row">
      <p>
        <span class="soft">Acting for</span> <Link href={base}>{customerNames.get(uid) ?? uid}</Link>{' '}
        <span class={`badge ${mode === 'write' ? 'warn' : 'plain'}`}>
          {mode === 'write' ? 'Write' : 'Read'}
        </span>{' '}
        <span role="timer" class={left < 5 * 60_000 ? 'ends-soon' : ''}>
          <span class="clock">{asClock(left)}</span> left
        </span>
      </p>
      <div class="buttons">
        {keyOf(id) ? (
          <>
            <Link href={`${base}/lists`}>Lists</Link>
            <Link href={`${base}/contacts`}>Contacts</Link>
          </>
        ) : (
          <Action act={() => takeKey(id)}>Go on here</Action>
        )}
        <Link href={`/grants/${id}`}>Report</Link>
        <button
          type="button"
          class="stop"
          {...(isFirst && { 'aria-keyshortcuts': 'Alt+Shift+S', title: 'Alt+Shift+S' })}
          aria-busy={stopping.busy}
          aria-disabled={stopping.busy}
          onClick={() => stopping.run()}
        >
          Stop
        </button>
      </div>
      <Problem of={stopping.refusal} />
    </div>
  )
}
