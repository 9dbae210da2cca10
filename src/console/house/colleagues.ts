import { useThing } from '../api/queries.ts'
import { read, steward } from '../api/steward.ts'

/** Returns a function that gives the email of an account by its id. */
export function useColleagues(): (id: number | null) => string {
  const { data = [] } = useThing(
    ['staff', 'names'],
    async () => (await read(steward.admin.list.$get({ query: { per_page: '100' } }))).data,
  )
  return (id) => data.find((admin) => admin.id === id)?.email ?? (id === null ? 'nobody' : `Admin ${id}`)
}
