import { Factors } from '../factors/factors.tsx'
import { Leave } from './leave.tsx'

/** The screen of those who have to have a second factor, and have none yet. */
export const EnrolmentScreen = () => (
  <main class="alone wider" id="main">
    <p class="brand">Steward</p>
    <h1>Add a second factor</h1>
    <p>
      Your role needs one beside the password. A passkey is the quickest; an app on your telephone will do.
    </p>
    <Factors />
    <Leave />
  </main>
)
