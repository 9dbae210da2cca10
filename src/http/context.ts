import type { Database } from '../db/client.ts'
import type { Clock, Env } from '../env.ts'
import type { Envelope } from './envelopes.ts'

/** The generics of every Hono app of the service. */
export interface AppEnv {
  Bindings: Env
  Variables: RequestVariables
}

/** The variables that are set before any other middleware runs. */
export interface RequestVariables {
  requestId: string
  startedAt: number
  now: Clock
  db: Database
  envelope: Envelope
  /** Facts for the log and the trail, filled in as they become known. */
  facts: RequestFacts
}

/** The resource that a request is about. */
export interface Target {
  type: string
  id: string
}

/** Facts of a request for its record and its log line. Identifiers only: never a key, a token or an email. */
export interface RequestFacts {
  adminId: number | null
  apiKeyId: string | null
  customerUid: string | null
  /** The resource that the path names, or that the request created. */
  target: Target | null
  /** The changed fields, each with its value before and after. Never a secret or a customer's personal data. */
  changes: Record<string, [before: unknown, after: unknown]> | null
  /** An earlier request with the same `Idempotency-Key` had done all of it. */
  replayed: boolean
  /** Rows of a streamed answer sent so far; null if the answer is no stream of rows. */
  rows: number | null
  /** D1 round trips. */
  d1Calls: number
}
