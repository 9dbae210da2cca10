import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Router } from 'wouter-preact'
import { asRefusal, type Refusal } from './api/refusal.ts'
import { read, steward } from './api/steward.ts'
import { Problem } from './parts/problem.tsx'
import { openGate } from './session/gates.ts'
import { begin, end, me, owes } from './session/session.ts'
import { Shell } from './shell.tsx'
import { EnrolmentScreen } from './sign-in/enrolment.tsx'
import { GateDialog } from './sign-in/gate-dialog.tsx'
import { NewPasswordScreen } from './sign-in/new-password.tsx'
import { SignInScreen } from './sign-in/sign-in.tsx'

/** The console: for those who are signed in, and owe nothing, the shell with its screens. */
export function App() {
  const refusal = useSignal<Refusal | null>(null)
  useEffect(() => {
    recognize().catch((error) => {
      refusal.value = asRefusal(error)
    })
    document.addEventListener('visibilitychange', lookAgain)
    return () => document.removeEventListener('visibilitychange', lookAgain)
  }, [])
  const screen = screenOf()
  useEffect(() => {
    if (screen !== Shell) document.title = 'Steward'
  }, [screen])
  const Screen = screen
  return (
    <Router base="/console">
      {refusal.value ? (
        <main class="alone">
          <Problem of={refusal.value} />
        </main>
      ) : (
        <Screen />
      )}
      <GateDialog />
    </Router>
  )
}

function screenOf() {
  if (me.value === undefined) return Nothing
  if (me.value === null) return SignInScreen
  if (owes.value === 'password') return NewPasswordScreen
  return owes.value === 'second_factor' ? EnrolmentScreen : Shell
}

const Nothing = () => null

/** Who comes back may have signed in as somebody else in another tab, which has the same cookie. */
async function lookAgain(): Promise<void> {
  if (document.hidden || !me.value || openGate.value) return
  const shown = me.value.id
  const now = await read(steward.admin.$get()).catch(() => undefined)
  if (now && now.data.id !== shown) location.assign('/console/')
}

/** Looks whether the browser has a session already. */
async function recognize(): Promise<void> {
  try {
    begin((await read(steward.admin.$get())).data)
  } catch (error) {
    if (asRefusal(error).status !== 401) throw error
    end()
  }
}
