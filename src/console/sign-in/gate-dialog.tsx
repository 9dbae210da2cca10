import { Dialog } from '../parts/dialog.tsx'
import { openGate } from '../session/gates.ts'
import { leave, me } from '../session/session.ts'
import { Reauthentication } from './reauthentication.tsx'
import { SignIn } from './sign-in.tsx'

/** Asks for a sign-in or a proof, over the screen that goes on after it. */
export function GateDialog() {
  const open = openGate.value
  if (!open) return null
  const giveUp = () => {
    open.passed(false)
    // Who has no session any more is shown nothing that one has read.
    if (open.gate === 'sign-in') leave()
  }
  // What one person typed is not sent in the name of another.
  const goOn = () => {
    const isSame = me.value?.id === open.who
    open.passed(isSame)
    if (!isSame) location.assign('/console/')
  }
  if (open.gate === 'proof')
    return (
      <Dialog title="Confirm that it is you" onClose={giveUp}>
        <p>What you are about to do needs a fresh proof.</p>
        <Reauthentication onDone={goOn} />
      </Dialog>
    )
  return (
    <div class="gate">
      <Dialog title="Sign in again" onClose={giveUp}>
        <p>Your session is over. What you typed is still here: sign in, and it goes on.</p>
        <SignIn email={me.value?.email} onDone={goOn} />
      </Dialog>
    </div>
  )
}
