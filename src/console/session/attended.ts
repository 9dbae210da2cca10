import { computed, signal } from '@preact/signals'
import { now } from '../parts/time.tsx'

/** A page that nobody has touched for so long asks for nothing by itself: a request keeps the session from idling out. */
const ATTENDED_MS = 5 * 60_000

const lastInput = signal(Date.now())
for (const type of ['pointerdown', 'keydown'])
  addEventListener(
    type,
    () => {
      lastInput.value = Date.now()
    },
    { capture: true, passive: true },
  )

/** Whether somebody is at the page. */
export const attended = computed(() => now.value - lastInput.value < ATTENDED_MS)
