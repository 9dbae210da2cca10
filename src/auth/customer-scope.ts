import type { Authority, Queries, Reader } from './authority.ts'

/** What a customer endpoint gets: whose data it is about, and the way to it. Who is calling is not its business. */
export interface CustomerScope extends Reader {
  readonly uid: string
}

/** The scope of a customer's data, open to who has this authority. */
export const customerScope = (uid: string, authority: Authority<Queries, unknown>): CustomerScope => ({
  uid,
  db: authority.db,
  read: (queries) => authority.read(queries),
  renewed: () => authority.renewed(),
})
