import type { SQLWrapper } from 'drizzle-orm'
import type { BatchItem } from 'drizzle-orm/batch'
import type { PreparedQuery } from 'drizzle-orm/session'
import { groupsInOneTrip, inOneTrip } from '../db/batch.ts'
import type { Database } from '../db/client.ts'
import type { Reader } from '../db/reader.ts'

/** A select with its columns named one by one. */
type Select = BatchItem<'sqlite'> &
  SQLWrapper & {
    readonly _: { readonly selectedFields: Record<string, unknown> }
    prepare(): Pick<PreparedQuery, 'mapResult'>
  }

/** Selects by the names of what they find. */
export type Selects = Readonly<Record<string, Select>>

export type RowsOf<Named extends Selects> = { [Name in keyof Named]: Named[Name]['_']['result'] }

type None = Record<never, never>

/** The content of one transaction. */
export interface Change<Before extends Selects = Selects, After extends Selects = Selects> {
  /** Looks at what is there before anything changes. */
  before?: Before
  statements: readonly BatchItem<'sqlite'>[]
  /** Looks at what is there then. */
  after?: After
}

/** The data of one customer, and the way to it. Endpoints get this and do not learn who is calling. */
export interface CustomerScope extends Reader {
  readonly uid: string
  /** The id of the API key that the call is made with: an `Idempotency-Key` is its, and so are keys that it makes. */
  readonly callerId: string
  /**
   * Changes something, in one transaction and one D1 round trip, and gives what its selects found. The transaction does
   * nothing unless the caller may change the customer's data at that moment. A repetition of the request may be given
   * the rows that the first run found, so an outcome is to be told by them alone.
   */
  write<Before extends Selects = None, After extends Selects = None>(
    change: Change<Before, After>,
  ): Promise<RowsOf<Before> & RowsOf<After>>
}

/** The scope of a customer's data, open to the holder of a key. */
export const customerScope = (uid: string, callerId: string, reader: Reader): CustomerScope => ({
  uid,
  callerId,
  db: reader.db,
  verify: () => reader.verify(),
  read: (queries) => reader.read(queries),
  changing: () => reader.changing(),
  renewed: () => reader.renewed(),
  async write<Before extends Selects = None, After extends Selects = None>(change: Change<Before, After>) {
    const statements = Object.fromEntries(
      change.statements.map((statement, i) => [`statement ${i}`, statement]),
    )
    const groups = [change.before ?? {}, statements, change.after ?? {}]
    const [before, , after] = await groupsInOneTrip(reader.changing(), groups)
    return { ...before, ...after } as RowsOf<Before> & RowsOf<After>
  },
})

/** The scope of a customer's data for the service itself, which nobody calls. */
export function ownScope(db: Database, uid: string): CustomerScope {
  const reader: Reader = {
    db,
    verify: async () => {},
    read: (queries) => inOneTrip(db, queries),
    changing: () => db,
    renewed: () => reader,
  }
  return customerScope(uid, 'steward', reader)
}
