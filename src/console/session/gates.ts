import { signal } from '@preact/signals'
import type { Refusal } from '../api/refusal.ts'
import { me, owes } from './session.ts'

/** What the person is asked for before a request can go on. */
type Gate = 'sign-in' | 'proof'

interface OpenGate {
  gate: Gate
  /** The id of who is asked. */
  who: number
  passed: (isPassed: boolean) => void
}

/** The gate that is open now. */
export const openGate = signal<OpenGate | null>(null)

let waiting: Promise<boolean> | undefined

const GATES: Record<string, Gate> = { session_invalid: 'sign-in', reauthentication_required: 'proof' }

/** Asks for what a refused request lacks. Returns whether it may be sent again. */
export async function overcome({ code }: Refusal): Promise<boolean> {
  if (code === 'password_change_required') owes.value = 'password'
  if (code === 'second_factor_required') owes.value = 'second_factor'
  const gate = GATES[code]
  // Before anybody is signed in there is nothing to go on with.
  if (!gate || !me.value) return false
  // Who has no session any more cannot prove anything: the sign-in takes the place of the proof, and is one.
  if (gate === 'sign-in' && openGate.value) openGate.value = { ...openGate.value, gate }
  waiting ??= ask(gate, me.value.id)
  return waiting
}

function ask(gate: Gate, who: number): Promise<boolean> {
  return new Promise((resolve) => {
    const passed = (isPassed: boolean) => {
      // It may have been passed in another way, and the next one be open.
      if (openGate.value?.passed !== passed) return
      openGate.value = null
      waiting = undefined
      resolve(isPassed)
    }
    openGate.value = { gate, who, passed }
  })
}
