import type { Database } from '../db/client.ts'
import type { Clock, Env } from '../env.ts'
import type { Envelope } from './envelopes.ts'
import { uidOrNull } from './fields/values.ts'

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

/** The types of resources that a request can be about. */
export type TargetType =
  | 'account_request'
  | 'access_grant'
  | 'admin'
  | 'api_key'
  | 'audit_entry'
  | 'client'
  | 'contact'
  | 'customer'
  | 'dead_letter'
  | 'impersonation'
  | 'list'
  | 'passkey'
  | 'session'

/** The resource that a request is about. */
interface Target {
  type: TargetType
  id: string
}

/** Who acts: an admin, in a session or with an API key, or the customer itself. */
interface IdentifiedActor {
  type: 'admin' | 'customer'
  /** Of an admin. */
  adminId: number | null
  role: string | null
  /** The key that the call is made with, an admin's or the customer's own. */
  apiKeyId: string | null
}

/** The access grant that an act is done under, or is about. */
interface NamedGrant {
  id: string
  mode: 'read' | 'write'
}

/** Facts of a request for its record and its log line. Identifiers only: never a key, a token or an email. */
export interface RequestFacts {
  actor: IdentifiedActor | null
  grant: NamedGrant | null
  /** Why the actor says it acts, as far as it can be kept. */
  reason: string | null
  customerUid: string | null
  /** The resource that the path names, or that the request created. */
  target: Target | null
  /** The changed fields, each with its value before and after. Never a secret or a customer's personal data. */
  changes: Record<string, [before: unknown, after: unknown]> | null
  /** An earlier request with the same `Idempotency-Key` had done all of it. */
  replayed: boolean
  /** How the act ended, where its status does not tell; null: it does. */
  result: 'unknown' | null
  /** The answer goes on after it has begun, as far as anybody knows without an end: how it ends is on record too. */
  goesOn: boolean
  /** Rows of a streamed answer sent so far; null if the answer is no stream of rows. */
  rows: number | null
  /** The refusal that was answered, with the reason that only the log has. */
  refusal: { code: string; because: string | null } | null
  /** D1 round trips. */
  d1Calls: number
}

/** Sets what a request is about: what its path names, or what it made. An id can be any text: it comes from the path. */
export function setTarget(facts: RequestFacts, type: TargetType, id: string): void {
  facts.target = { type, id }
  if (type === 'customer') facts.customerUid = uidOrNull(id)
}
