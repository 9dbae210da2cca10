import { computed, signal } from '@preact/signals'
import { now } from '../parts/time.tsx'

/** A page that nobody has touched for so long asks for nothing by itself: a request keeps the session from idling out. */
const ATTENDED_MS = 5 * 60_000

/** When somebody touched it last. */
export const lastInput = signal(Date.now())
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

/** A session ends 30 minutes after the last request, which is of somebody at a page. */
const DESERTED_MS = ATTENDED_MS + 31 * 60_000

/** Whether the session is over by all that this page knows. */
export const deserted = computed(() => now.value - lastInput.value > DESERTED_MS)
