import { useSignal } from '@preact/signals'
import { asRefusal, type Refusal } from '../api/refusal.ts'

/** Returns a function that does something once at a time, whether it does it now, and what refused it last. */
export function useAction<Args extends unknown[]>(act: (...args: Args) => Promise<unknown>) {
  const busy = useSignal(false)
  const refusal = useSignal<Refusal | null>(null)
  const run = async (...args: Args): Promise<void> => {
    if (busy.value) return
    busy.value = true
    refusal.value = null
    try {
      await act(...args)
    } catch (error) {
      refusal.value = asRefusal(error)
    } finally {
      busy.value = false
    }
  }
  return { run, busy: busy.value, refusal: refusal.value }
}
