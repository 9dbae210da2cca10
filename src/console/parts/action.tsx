import { useSignal } from '@preact/signals'
import type { QueryKey } from '@tanstack/preact-query'
import type { ComponentChildren } from 'preact'
import { changed } from '../api/queries.ts'
import { asRefusal, type Refusal } from '../api/refusal.ts'
import { Problem } from './problem.tsx'

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

interface ActionProps {
  act: () => Promise<unknown>
  class?: string
  children: ComponentChildren
}

/** A button that does something once at a time. What refuses it is said beside it. */
export function Action({ act, class: look, children }: ActionProps) {
  const { run, busy, refusal } = useAction(act)
  return (
    <>
      <button type="button" class={look} aria-busy={busy} aria-disabled={busy} onClick={() => run()}>
        {children}
      </button>
      <Problem of={refusal} />
    </>
  )
}

/** A button that reads again what is shown: what is on record is not read again by itself. */
export const Refresh = ({ of }: { of: QueryKey }) => <Action act={() => changed(...of)}>Refresh</Action>
