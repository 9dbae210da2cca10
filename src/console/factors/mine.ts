import { changed } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'
import { begin, me } from '../session/session.ts'

/** Returns the factors of the own account. */
export const ownFactors = () => me.value?.second_factors ?? []

/** Shows the account with its factors as they are now. */
export async function factorsChanged(): Promise<void> {
  await changed('passkeys')
  begin((await read(steward.admin.$get())).data)
}
