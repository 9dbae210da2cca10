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

/** Begins the session of somebody who just signed in. */
export function signedIn(admin: Admin): void {
  signIns.value++
  begin(admin)
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
