import { refusalOf } from '../api/refusal.ts'
import { sendAsStaff } from '../api/steward.ts'
import { Action } from '../parts/action.tsx'
import { signedOut } from '../session/session.ts'

/** The button that ends the session. */
export const Leave = () => (
  <Action
    act={async () => {
      const answer = await sendAsStaff('/admin/logout', { method: 'POST' })
      // A session that is over needs no end, and nobody has to sign in for it.
      if (!answer.ok && answer.status !== 401) throw await refusalOf(answer)
      signedOut()
    }}
  >
    Sign out
  </Action>
)
