import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { Router } from 'wouter-preact'
import { asRefusal, type Refusal } from './api/refusal.ts'
import { read, steward } from './api/steward.ts'
import { Problem } from './parts/problem.tsx'
import { away, watchElsewhere } from './session/elsewhere.ts'
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
    return watchElsewhere()
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
      {away.value && (
        <p class="away">Nobody was here for a while. Press a key, or touch the page, to go on.</p>
      )}
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

/** Looks whether the browser has a session already. */
async function recognize(): Promise<void> {
  try {
    begin((await read(steward.admin.$get())).data)
  } catch (error) {
    if (asRefusal(error).status !== 401) throw error
    end()
  }
}
