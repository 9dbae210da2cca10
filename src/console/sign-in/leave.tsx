import { refusalOf } from '../api/refusal.ts'
import { sendAsStaff } from '../api/steward.ts'
import { useAction } from '../parts/action.ts'
import { Problem } from '../parts/problem.tsx'
import { end } from '../session/session.ts'

/** The button that ends the session. */
export function Leave() {
  const { run, refusal } = useAction(async () => {
    const answer = await sendAsStaff('/admin/logout', { method: 'POST' })
    // A session that is over needs no end, and nobody has to sign in for it.
    if (!answer.ok && answer.status !== 401) throw await refusalOf(answer)
    end()
  })
  return (
    <>
      <button type="button" onClick={() => run()}>
        Sign out
      </button>
      <Problem of={refusal} />
    </>
  )
}
