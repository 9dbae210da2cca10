import { signal } from '@preact/signals'
import { refusalOf } from '../api/refusal.ts'
import { read, sendAsStaff } from '../api/steward.ts'
import type { Admin } from '../api/types.ts'
import { deserted, lastInput } from './attended.ts'
import { openGate, overcome } from './gates.ts'
import { leave, me, signIns, tabs } from './session.ts'

/** Whether nobody was here for so long that nothing is shown until it is known that the session goes on. */
export const away = signal(false)

let isLooking = false

/**
 * Looks who is signed in. Somebody else may be, in another tab, which has the same cookie: then nothing stays here. If
 * nobody is, one is asked to sign in.
 */
async function look(): Promise<void> {
  const shown = me.value
  if (!shown || isLooking) return
  isLooking = true
  try {
    const answer = await sendAsStaff('/admin')
    if (answer.status === 401) void overcome(await refusalOf(answer))
    if (answer.ok) {
      const { data }: { data: Admin } = await read(Promise.resolve(answer))
      if (data.id !== shown.id) return location.replace('/console/')
      if (openGate.value?.gate === 'sign-in') openGate.value.passed(true)
    }
    away.value = false
  } catch {
    // It is looked again when somebody comes back to the page.
  } finally {
    isLooking = false
  }
}

const lookIfSeen = () => void (document.hidden || look())

/** Notices what becomes of the session elsewhere. Returns what ends that. */
export function watchElsewhere(): () => void {
  const watching = new AbortController()
  const { signal: on } = watching
  document.addEventListener('visibilitychange', lookIfSeen, { signal: on })
  for (const type of ['focus', 'pageshow']) addEventListener(type, lookIfSeen, { signal: on })
  tabs.addEventListener(
    'message',
    ({ data }) => {
      if (data === 'end') return me.value && leave()
      signIns.value++
      if (me.value === null) location.reload()
      else void look()
    },
    { signal: on },
  )
  const desert = deserted.subscribe((is) => {
    if (is && me.value) away.value = true
  })
  const input = lastInput.subscribe(() => {
    if (away.value) void look()
  })
  return () => {
    watching.abort()
    desert()
    input()
  }
}
