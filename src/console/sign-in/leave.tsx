import { asRefusal } from '../api/refusal.ts'
import { read, steward } from '../api/steward.ts'
import { useAction } from '../parts/action.ts'
import { Problem } from '../parts/problem.tsx'
import { end } from '../session/session.ts'

/** The button that ends the session. */
export function Leave() {
  const { run, refusal } = useAction(async () => {
    try {
      await read(steward.admin.logout.$post())
    } catch (error) {
      // A session that is over needs no end.
      if (asRefusal(error).status !== 401) throw error
    }
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
