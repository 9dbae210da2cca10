import type { Database } from '../db/client.ts'
import type { Clock, Env } from '../env.ts'
import type { Envelope } from './envelopes.ts'

/** The generics of every Hono app in here. */
export interface AppEnv {
  Bindings: Env
  Variables: RequestVariables
}

/** What every request has from its first middleware on. */
export interface RequestVariables {
  requestId: string
  startedAt: number
  now: Clock
  db: Database
  envelope: Envelope
  /** For the log and the trail: filled in by what finds them out. */
  facts: RequestFacts
}

/** A thing that a request is about, by what it is and its id. */
export interface Target {
  type: string
  id: string
}

/** What becomes known of a request on its way. Identifiers only: never a key, a token or an email. */
export interface RequestFacts {
  adminId: number | null
  apiKeyId: string | null
  customerUid: string | null
  /** What the path names, or what the request made. */
  target: Target | null
  /** What the request changed, by field: the value before and the one after. Never a secret or a customer's personal data. */
  changes: Record<string, [before: unknown, after: unknown]> | null
  /** Whether an earlier request with the same `Idempotency-Key` had done all of it. */
  replayed: boolean
  /** Rows of a streamed answer that have left so far; null: it is no stream of rows. */
  rows: number | null
  /** D1 round trips. */
  d1Calls: number
}
