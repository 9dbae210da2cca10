import { signal } from '@preact/signals'
import { queries } from '../api/queries.ts'
import type { Admin } from '../api/types.ts'

/** Who is signed in; null: nobody; undefined: not known yet. */
export const me = signal<Admin | null | undefined>(undefined)

/** What the session may do nothing without: a new password, a second factor. */
export const owes = signal<'password' | 'second_factor' | null>(null)

/** What is done when a session ends: the parts of the console that keep something for it add to it. */
export const endings = new Set<() => void>()

/** Begins a session. Of somebody else's nothing stays on the screen or in memory. */
export function begin(admin: Admin): void {
  if (me.value && me.value.id !== admin.id) forget()
  owes.value = admin.has_changed_password && !admin.password_expired ? null : 'password'
  me.value = admin
}

/** How often somebody has signed in since the page is here: by it one knows what is of a session before. */
export const signIns = signal(0)

/** The tabs of a browser have one cookie, and tell each other `begin` and `end` of its session: nothing secret. */
export const tabs = new BroadcastChannel('session')

/** Begins the session of somebody who just signed in. */
export function signedIn(admin: Admin): void {
  signIns.value++
  begin(admin)
  tabs.postMessage('begin')
}

/** Ends the session of all tabs, by somebody who signed out. */
export function signedOut(): void {
  tabs.postMessage('end')
  leave()
}

/** Ends it here. What was looked at stays in no address: the next who signs in would look at it again. */
export function leave(): void {
  end()
  location.replace('/console/')
}

/** Ends it, with all that was read by it. */
export function end(): void {
  forget()
  me.value = null
  owes.value = null
}

function forget(): void {
  for (const ending of endings) ending()
  queries.clear()
}
