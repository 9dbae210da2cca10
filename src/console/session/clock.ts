import { computed, signal } from '@preact/signals'
import { now } from '../parts/time.tsx'

/** How far the clock of the service is ahead of the one of this device. */
const ahead = signal(0)

/** The present by the clock of the service, by the second: how long something is good is decided there. */
export const serviceNow = computed(() => now.value + ahead.value)

/** An answer says its time in seconds, and was on its way for some. */
const PRECISION_MS = 5_000

/** Sets the clock by the `Date` of an answer (RFC 9110, section 6.6.1), if it has one. */
export function setClock({ headers }: Response): void {
  const found = Date.parse(headers.get('Date') ?? '') - Date.now()
  if (Math.abs(found - ahead.value) > PRECISION_MS) ahead.value = found
}
